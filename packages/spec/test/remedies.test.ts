import assert from 'node:assert/strict';
import { test } from 'node:test';
import { linesOf, ORDERS, orders } from './helpers.ts';

/* What people write first, brought along from other tools, and what they are told to write instead. */

const RUN = 'run: { command: x }\n';

for (const [written, told] of [
  ['run: { command: [node, src/main.ts] }', 'write it in one line: node src/main.ts'],
  ['run: { command: [sh, -c, "a && b"] }', 'write it in one line'],
  ['run: node main.js', 'write it as run: { command: node main.js }'],
  [`${RUN}health: /readyz`, 'write it as health: { ready: /readyz }'],
  [`${RUN}uses: { catalog: true }`, 'write it as a list: [catalog]'],
  [`${RUN}telemetry: { slo: { latency: 300ms } }`, 'write it as latency: { p99: 300ms }'],
  [`${RUN}telemetry: { slo: { availability: 99.9 } }`, 'write its sign: 99.9%'],
  [`${RUN}traffic: { retry: { budget: 20 } }`, 'write its sign: 20%'],
  [`${RUN}traffic: { retry: { budget: 0.2 } }`, 'write its sign: 20%'],
  [`${RUN}traffic: { retry: { budget: 20 % } }`, 'did you mean "20%"?'],
  [`${RUN}traffic: { timeout: 2 seconds }`, 'did you mean "2s"?'],
  [`${RUN}traffic: { timeout: 1.5s }`, 'did you mean "1500ms"?'],
  [`${RUN}traffic: { timeout: 1m30s }`, 'did you mean "90s"?'],
  [`${RUN}traffic: { rateLimit: 50 }`, 'write it as rateLimit: { rps: 50 }'],
  [`${RUN}traffic: { retry: 3 }`, 'write it as retry: { attempts: 3 }'],
  [`${RUN}traffic: { routes: [{ match: /x, hedge: 50ms }] }`, 'write it as hedge: { delay: 50ms }'],
  [`${RUN}traffic: { cache: on }`, 'write it as cache: {}'],
  [`${RUN}traffic: { hedge: { delay: 50 } }`, 'write its unit: 50s'],
  [`${RUN}traffic: { breaker: { slowCall: 2 sec } }`, 'did you mean "2s"?'],
  [`${RUN}traffic: { breaker: { slowRate: 20% } }`, 'add slowCall: 2s, or remove it'],
  [`${RUN}api: { protocol: tcp }\ntraffic: { rateLimit: { rps: 5 } }`, 'remove it'],
  [`${RUN}api: { protocol: tcp }\ntraffic: { hedge: {} }`, 'remove it'],
  ['run: { command: x, resources: { memory: 256MB } }', 'did you mean "256Mi"?'],
  ['run: { command: x, resources: { memory: 1 gb } }', 'did you mean "1Gi"?'],
  ['run: { command: x, resources: { memory: 256 } }', 'write its unit: 256Mi'],
  ['run: { command: x, resources: { cpu: 50% } }', 'did you mean "0.5"?'],
  ['node src/main.ts', 'a file holds keys, each as "key: value"'],
  ['- node src/main.ts', 'a file holds keys, each as "key: value"'],
  [`${RUN}scale: 1-3`, 'write it as scale: { min: 1, max: 3 }'],
  [`${RUN}database: { url: "postgres://u:p@h/db" }`, 'keep it in a secret: url: { secret: NAME }'],
  [`${RUN}traffic: { routes: { /a: { timeout: 1s } } }`, 'write it as a list: [{ match: /a, … }]'],
  [`${RUN}health: { ready: { http: readyz } }`, 'did you mean "/readyz"?'],
  [`${RUN}telemetry: { logs: { keep: 2w } }`, 'did you mean "14d"?'],
  [`${RUN}readinessProbe: { path: /readyz }`, 'write it as health.ready'],
  [`${RUN}api: { port: "25" }`, 'remove the quotes'],
  [`name: My Orders\n${RUN}`, 'did you mean "my-orders"?'],
  [`${RUN}database: mysql`, 'mariadb speaks its protocol: engine: mariadb'],
] as const) {
  test(`${written.replace(RUN, '')} is told how to be written`, () => {
    const found = linesOf(orders(`${written}\n`));
    assert.equal(found.length, 1, found.join('\n'));
    assert.ok(found[0]?.endsWith(`; ${told}`), found[0]);
  });
}

for (const written of [
  `name: 123\n${RUN}`,
  `${RUN}traffic: { retry: { attempts: 3x } }`,
  `${RUN}traffic: { timeout: soon }`,
  `${RUN}traffic: { timeout: 3 fortnights }`,
  'run: { command: x, resources: { memory: much } }',
  `${RUN}api: { port: "25a" }`,
]) {
  test(`${written.replace(RUN, '')} is told no remedy, since none is known`, () => {
    const found = linesOf(orders(`${written}\n`));
    assert.equal(found.length, 1, found.join('\n'));
    assert.doesNotMatch(found[0] ?? '', /; (?!found)/);
  });
}

test('a key of islet.yaml is told its place there, not one in a service', () => {
  const lines = (text: string) => linesOf({ 'islet.yaml': text, [ORDERS]: RUN });
  assert.match(lines('system: shop\nport: 80\n')[0] ?? '', /; write it as gateway\.port$/);
  assert.match(lines('system: shop\nscale: 2\n')[0] ?? '', /; it stands in a service's own service\.yaml$/);
  assert.match(lines('system: shop\ngateway: 8080\n')[0] ?? '', /; write it as gateway: \{ port: 8080 \}$/);
});

test('what follows from a mistake is not told as another one', () => {
  const few = (text: string) => linesOf(orders(`${RUN}${text}\n`)).map((line) => line.split('  ')[2]?.split(': ')[0]);
  assert.deepEqual(few('scale: { min: 1, max: 2.5, target: { cpu: 70% } }'), ['scale.max']);
  assert.deepEqual(few('scale: { min: 1, max: 4, target: { cpu: 700% } }'), ['scale.target.cpu']);
  assert.deepEqual(few('rollout: { strategy: canari, steps: [5%, 25%] }'), ['rollout.strategy']);
});
