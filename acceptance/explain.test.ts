import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import type { RequestRecord } from '@islet/policy';
import { makeSystem } from './support/system.ts';
import { until } from './support/until.ts';

/* What a rule did to a request, in a system that runs: in the answer to who may ask, in the access log, by `islet explain`. */

/** What each path answers; of two instances, the one with an odd number refuses `/once`. */
const SERVER = `
import { createServer } from 'node:http';
const isOdd = /[13579]$/.test(process.env.ISLET_INSTANCE);
let stored = false;
const server = createServer((request, response) => {
  const path = request.url.split('?')[0];
  if (path === '/late') return;
  if (path === '/stale' && !stored) {
    stored = true;
    response.writeHead(200, { 'cache-control': 'max-age=0', etag: '"1"' }).end('stored');
  } else if (path === '/broken' || path === '/stale') response.writeHead(500).end();
  else if (path === '/bad') response.writeHead(502).end();
  else if (path === '/shed') response.writeHead(503, { 'retry-after': '1' }).end();
  else if (path === '/once' && isOdd) response.writeHead(503).end();
  else response.end('fine');
});
server.listen(Number(process.env.PORT), process.env.HOST);
process.once('SIGTERM', () => (server.closeAllConnections(), server.close(() => process.exit(0))));
`;

const FILE = `name: shop
run: { command: node server.mjs, stop: { grace: 2s, drain: 5s } }
api: { expose: { path: /shop, strip: true } }
health: { ready: { http: /readyz, period: 200ms } }
scale: { min: 2, max: 2 }
rollout: { minHealthy: 0s, bake: 0s }
traffic:
  breaker: off
  outlier: off
  admission: off
  retry:
    budget: 50%
  routes:
    - match: /limited
      rateLimit:
        - { rps: 1000 }
        - { rps: 1, burst: 1 }
    - match: /late
      timeout: { request: 400ms }
    - match: /broken
      fallback: { on: [500], respond: { body: instead } }
    - match: /stale
      cache: { staleIfError: 1h }
    - match: /large
      limits: { requestBody: 1Ki }
    - match: /shed
      admission: { k: 1 }
    - match: /bad
      outlier: { consecutiveGateway: 1 }
      retry: off
`;

const system = await makeSystem({
  name: 'told',
  services: { shop: { files: { 'service.yaml': FILE, 'server.mjs': SERVER } } },
});
after(() => system[Symbol.asyncDispose]());
await system.up();
const token = (await system.islet('explain', 'token')).stdout.trim();

interface Fate {
  readonly path: string;
  readonly body?: string;
  readonly rule: string;
  /** The line of the file that says so; undefined: none does. */
  readonly line: string | undefined;
  readonly why: RegExp;
}

const FATES: readonly (Fate & { readonly fate: string })[] = [
  {
    fate: 'retried',
    path: '/once',
    rule: 'traffic.retry',
    line: '  retry:',
    why: /^retry 1 of 1 after unavailable; budget/,
  },
  {
    fate: 'limited',
    path: '/limited',
    rule: 'traffic.routes[0].rateLimit[1]',
    line: '        - { rps: 1, burst: 1 }',
    why: /^none left of 1 at once and 1 a second; the next in \d+ ms$/,
  },
  {
    fate: 'timed out',
    path: '/late',
    rule: 'traffic.routes[1].timeout.request',
    line: '      timeout: { request: 400ms }',
    why: /: 400 ms$/,
  },
  {
    fate: 'fell back',
    path: '/broken',
    rule: 'traffic.routes[2].fallback',
    line: '      fallback: { on: [500], respond: { body: instead } }',
    why: /^it answered 500$/,
  },
  {
    fate: 'served stale',
    path: '/stale',
    rule: 'traffic.routes[3].cache.staleIfError',
    line: '      cache: { staleIfError: 1h }',
    why: /^it passed its time \d+ ms ago, and is used for 3600000 ms$/,
  },
  {
    fate: 'refused',
    path: '/large',
    body: 'x'.repeat(2_000),
    rule: 'traffic.routes[4].limits.requestBody',
    line: '      limits: { requestBody: 1Ki }',
    why: /^2000 bytes are more than 1024$/,
  },
  {
    fate: 'shed',
    path: '/shed',
    rule: 'traffic.routes[5].admission',
    line: '      admission: { k: 1 }',
    why: /^of \d+ requests in 120 s, \d+ were accepted: of priority normal, \d+% are shed$/,
  },
  {
    fate: 'ejected',
    path: '/bad',
    rule: 'traffic.routes[6].outlier.consecutiveGateway',
    line: '      outlier: { consecutiveGateway: 1 }',
    why: /^1 of 1 gateway errors in a row; it is asked nothing for \d+ ms$/,
  },
];

for (const { fate, ...one } of FATES) {
  test(`a request that was ${fate} is explained in each way`, async () => {
    const { record } = await decided(one, FILE);
    const { stdout, code } = await system.islet('explain', record.id);
    assert.equal(code, 0, stdout);
    for (const { rule, path = rule, why, from = '' } of record.decisions) {
      const row = stdout.split('\n').find((text) => text.includes(` ${path} `) && text.includes(why)) ?? stdout;
      assert.ok(row.endsWith(from), row);
    }
  });
}

test('lines that move are told as they stand now, of the next request, and nothing is started for that', async () => {
  const before = await system.pids('shop');
  const moved = FILE.replace('traffic:\n', '# Who calls it, and how.\n\ntraffic:\n');
  const [fate] = FATES.filter(({ path }) => path === '/broken');
  assert.ok(fate);
  const old = (await decided(fate, FILE)).record;
  system.write('services/shop/service.yaml', moved);
  await system.up();
  await until('the line has moved', async () => (await decided(fate, moved)).record);
  assert.deepEqual(await system.pids('shop'), before);
  const { stdout } = await system.islet('explain', old.id);
  assert.match(
    stdout,
    new RegExp(`service\\.yaml:${lineOf(fate.line ?? '', FILE)}$`, 'm'),
    'what held then is told of it',
  );
});

/** Asks until the rule has decided, and checks that answer and log say so, with this line of the file. */
async function decided({ path, body, rule, line, why }: Fate, file: string) {
  const from = line === undefined ? 'default' : `services/shop/service.yaml:${lineOf(line, file)}`;
  const told = await until(`${rule} decides`, async () => {
    const answer = await fetch(`${system.url}/shop${path}`, {
      method: body === undefined ? 'GET' : 'POST',
      headers: { 'x-islet-explain': token },
      ...(body === undefined ? {} : { body }),
    });
    await answer.arrayBuffer();
    const header = answer.headers.get('x-islet-explain') ?? '';
    return header.includes(`; ${rule} (`) && { header, id: answer.headers.get('x-request-id') ?? '' };
  });
  const record = await until('it is in the log', () => recordOf(told.id));
  for (const one of record.decisions) {
    assert.ok(told.header.includes(`${one.path ?? one.rule} (${one.why}) from ${one.from}`), told.header);
  }
  const found = record.decisions.find((one) => (one.path ?? one.rule) === rule);
  assert.match(found?.why ?? '', why);
  assert.equal(found?.from, from);
  return { record };
}

function recordOf(id: string): RequestRecord | undefined {
  const log = join(system.state, 'routing-table.json.access');
  if (!existsSync(log)) return undefined;
  const line = readFileSync(log, 'utf8')
    .split('\n')
    .find((text) => text.includes(`"id":"${id}"`));
  return line === undefined ? undefined : (JSON.parse(line) as RequestRecord);
}

function lineOf(text: string, file: string): number {
  const index = file.split('\n').indexOf(text);
  assert.ok(index >= 0, text);
  return index + 1;
}
