import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describe, parseService } from '../src/index.ts';
import { DEFAULT_ROLLOUT } from '../src/rollout.ts';
import { linesOf, ORDERS, orders, parsed, serviceOf } from './helpers.ts';
import { memoryFiles } from './memory-files.ts';

const RUN = 'run: { command: x }\n';
const rollout = (text: string) => orders(`${RUN}rollout: ${text}\n`);

test('a file that says nothing of rollouts gets the documented defaults', () => {
  assert.deepEqual(serviceOf(orders(RUN)).rollout, DEFAULT_ROLLOUT);
  assert.deepEqual([DEFAULT_ROLLOUT.strategy, DEFAULT_ROLLOUT.bakeMs, DEFAULT_ROLLOUT.steps], ['rolling', 600_000, []]);
});

test('a step has its own hold, or waits for a person, and is described as it is written', () => {
  const service = serviceOf(
    rollout('{ strategy: canary, hold: 2m, steps: [5%, 25% 5m, 50% 10s by hand, 75% by hand] }'),
  );
  assert.deepEqual(service.rollout.steps, [
    { percent: 5, holdMs: 120_000, byHand: false },
    { percent: 25, holdMs: 300_000, byHand: false },
    { percent: 50, holdMs: 10_000, byHand: true },
    { percent: 75, holdMs: 120_000, byHand: true },
  ]);
  const leaf = describe(service).find(({ path }) => path === 'rollout.steps');
  assert.deepEqual(leaf?.value, ['5%', '25% 5m', '50% 10s by hand', '75% by hand']);
});

test('what has no effect with the strategy is not described', () => {
  const paths = describe(serviceOf(orders(RUN))).map(({ path }) => path);
  for (const key of ['steps', 'hold', 'mirror', 'autoPromote']) assert.ok(!paths.includes(`rollout.${key}`), key);
});

for (const [text, line] of [
  ['{ steps: [5%] }', `steps has no effect with the strategy rolling; remove it, or write strategy: canary`],
  [
    '{ strategy: canary, autoPromote: true }',
    'autoPromote has no effect with the strategy canary; remove it, or write strategy: blue-green',
  ],
  ['{ strategy: canary, steps: [50%, 25%] }', '25% is not more than 50%; write them in rising order'],
  ['{ strategy: canary, steps: [5] }', 'a step is a share from 1% to 99%'],
  [
    '{ strategy: canary, preview: { value: x } }',
    'a preview is asked for by a header, a cookie or a host; write header: x-preview',
  ],
  [
    '{ strategy: canary, preview: { host: next.example.com } }',
    'nothing of this service is exposed at the gateway, so no host leads to it; write header: x-preview',
  ],
  [
    '{ strategy: canary, preview: { host: next.example.com, value: x } }',
    'a host is asked for by its name alone; remove value',
  ],
  ['{ strategy: canary, preview: { host: a.example, header: x-a } }', '"header" and "host" exclude each other'],
  ['{ analysis: { checks: [{ sql: SELECT 1 }] } }', 'the service declares no database to ask; remove it'],
  ['{ analysis: { checks: [{ http: /a, sql: SELECT 1 }] } }', '"http" and "sql" exclude each other'],
  ['{ analysis: { succes: 95% } }', 'did you mean "success"?'],
] as const) {
  test(`${text} is a mistake with its remedy`, () => {
    const lines = linesOf(rollout(text));
    assert.equal(lines.length, 1);
    assert.ok(lines[0]?.includes(line), lines[0]);
  });
}

test('a host of its own leads to the new revision, unless it is what everybody asks', () => {
  const file = (host: string) =>
    orders(
      `${RUN}api: { expose: shop.example.com/orders }\nrollout: { strategy: blue-green, preview: { host: ${host} } }\n`,
    );
  const service = serviceOf(file('Next.example.com'));
  assert.deepEqual(service.rollout.preview, { kind: 'host', name: 'next.example.com', value: undefined });
  const leaf = describe(service).find(({ path }) => path === 'rollout.preview.host');
  assert.equal(leaf?.value, 'next.example.com');
  const [line] = linesOf(file('shop.example.com'));
  assert.match(
    line ?? '',
    /shop\.example\.com is what everybody asks: it is exposed at .*; choose another, such as next\./,
  );
});

test('one host previews several services, each at its own paths', () => {
  const file = (expose: string) =>
    `${RUN}api: { expose: ${expose} }\nrollout: { strategy: canary, preview: { host: next.example } }\n`;
  const both = (other: string) => orders(file('a.example/api'), { 'services/catalog/service.yaml': file(other) });
  assert.deepEqual(linesOf(both('b.example/catalog')), []);
  const [line] = linesOf(both('b.example/api'));
  assert.match(line ?? '', /next\.example with path \/api leads to the preview of "\w+" already; choose another host/);
});

test('a host that previews a neighbour is neither exposed nor another preview, where one service is read alone', () => {
  const preview = (expose: string) =>
    `${RUN}api: { expose: ${expose} }\nrollout: { strategy: canary, preview: { host: next.example } }\n`;
  const others = { 'services/zoo/service.yaml': preview('b.example/api') };
  const neighbours = parsed(orders(RUN, others)).spec.services;
  const linesOfOne = (text: string) => {
    const read = parseService(memoryFiles(orders(text, others)), {
      service: 'orders',
      neighbours,
      environment: undefined,
    });
    return read.kind === 'ok'
      ? []
      : read.errors.map(({ place: { file, line }, message }) => `${file}:${line} ${message}`);
  };
  assert.deepEqual(linesOfOne(preview('a.example/other')), []);
  const another = linesOfOne(preview('a.example/api'));
  assert.deepEqual(another, [`${ORDERS}:3 next.example with path /api leads to the preview of "zoo" already`]);
  const exposed = linesOfOne(`${RUN}api: { expose: next.example/a }\n`);
  assert.deepEqual(exposed, [`${ORDERS}:2 next.example leads to the preview of "zoo" already`]);
});

test('requests of tcp can not be shared out', () => {
  const texts = orders(`${RUN}api: { protocol: tcp }\nrollout: { strategy: canary }\n`);
  assert.match(linesOf(texts)[0] ?? '', /can't share them out; write strategy: rolling$/);
});

test('one service is read against the others as they were, whatever their files say by now', () => {
  const before = orders(`${RUN}uses: [catalog]\n`, { 'services/catalog/service.yaml': RUN });
  const neighbours = parsed(before).spec.services;
  const broken = orders(`${RUN}uses: [catalog]\nscale: 3\n`, {
    'services/catalog/service.yaml': 'run: 7',
    'services/young/service.yaml': 'nonsense',
  });
  const asking = { service: 'orders', neighbours, environment: undefined };
  const read = parseService(memoryFiles(broken), asking);
  assert.equal(read.kind, 'ok');
  assert.equal(read.kind === 'ok' && read.spec.services.find(({ name }) => name === 'orders')?.scale.min, 3);

  const wrong = parseService(memoryFiles({ ...broken, [ORDERS]: `${RUN}uses: [young]\n` }), asking);
  assert.equal(wrong.kind === 'errors' && wrong.errors[0]?.rule, 'unknown-service');
});
