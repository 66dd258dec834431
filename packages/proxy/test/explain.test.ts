import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { type TestContext, test } from 'node:test';
import type { RequestRecord, WrittenLines } from '@islet/policy';
import type { ServiceTraffic } from '@islet/spec';
import { DEFAULT_TRAFFIC } from '@islet/spec/traffic';
import { ExplainTokens } from '../src/record/explain-tokens.ts';
import { answerCall, ask, GRPC, http2Client, http2Instance } from './http2-world.ts';
import { httpInstance, send, until, world } from './world.ts';

const FILE = 'services/orders/service.yaml';
const tokens = new ExplainTokens(randomBytes(32));
const token = tokens.issue({ forMs: 3_600_000, wall: Date.now() });
const GET = `GET /orders HTTP/1.1\r\nHost: h\r\nx-islet-explain: ${token}\r\nConnection: close\r\n\r\n`;

/** A service whose only instance answers 502 and isn't ejected, so that each request is decided by what `traffic` says. */
async function failing(t: TestContext, traffic: ServiceTraffic, lines?: WrittenLines) {
  const records: RequestRecord[] = [];
  const instance = await httpInstance(t, (_, response) => response.writeHead(502).end());
  const sink = { write: (line: string) => void records.push(JSON.parse(line)) };
  const made = await world(t, [instance], 'http', { sink, tokens, traffic, ...(lines && { lines }), now: () => 1_000 });
  const ask = async () => {
    const before = records.length;
    const answer = await send(made.gateway, GET);
    await until(() => records.length > before);
    const decisions = records.at(-1)?.decisions ?? [];
    return { header: /^x-islet-explain: (.*)\r$/im.exec(answer)?.[1] ?? '', decisions };
  };
  return { ...made, ask };
}

const rateLimit = [
  { rps: 100, burst: 100, by: { kind: 'route' } },
  { rps: 1, burst: 1, by: { kind: 'route' } },
] as const;

test('who may ask is told the line of what decided, and the log has it too', async (t) => {
  const lines = { 'traffic.rateLimit': `${FILE}:8`, 'traffic.rateLimit[1]': `${FILE}:10` };
  const { ask } = await failing(t, { ...DEFAULT_TRAFFIC, rateLimit }, lines);
  assert.deepEqual((await ask()).decisions, []);
  const { header, decisions } = await ask();
  const why = 'none left of 1 at once and 1 a second; the next in 1000 ms';
  assert.deepEqual(
    decisions.map((one) => [one.rule, one.why, one.path, one.from]),
    [['traffic.rateLimit', why, 'traffic.rateLimit[1]', `${FILE}:10`]],
  );
  assert.match(header, /^id=[0-9a-f]{16}; tries=; /);
  assert.ok(header.endsWith(`; traffic.rateLimit[1] (${why}) from ${FILE}:10`), header);
});

test('what is inherited is told with the line of whom it is inherited from, and what nobody wrote as a default', async (t) => {
  const { breaker } = DEFAULT_TRAFFIC;
  const sensitive = { ...DEFAULT_TRAFFIC, breaker: { ...breaker, minCalls: 1 } as typeof breaker };
  const override = { at: ['callers', 'gateway'], caller: 'gateway', route: undefined } as const;
  const traffic: ServiceTraffic = {
    ...sensitive,
    overrides: [{ ...override, changes: ['breaker'], policy: { breaker: sensitive.breaker } }],
  };
  const { ask, change } = await failing(t, traffic, {});
  await ask();
  const toldWith = async (lines: WrittenLines) => {
    await change({ lines });
    const { decisions, header } = await ask();
    assert.ok(header.endsWith(` from ${decisions[0]?.from}`), header);
    return decisions.map(({ path, from }) => [path, from]);
  };
  assert.deepEqual(await toldWith({}), [[undefined, 'default']]);
  assert.deepEqual(await toldWith({ 'traffic.breaker': `${FILE}:7` }), [[undefined, `${FILE}:7`]]);
  assert.deepEqual(
    await toldWith({ 'traffic.breaker': `${FILE}:7`, 'traffic.callers.gateway.breaker': 'islet.yaml:3' }),
    [['traffic.callers.gateway.breaker', 'islet.yaml:3']],
  );
});

test('a table that moves lines alone leaves every state as it is', async (t) => {
  const { ask, change } = await failing(t, { ...DEFAULT_TRAFFIC, rateLimit: [rateLimit[1]] }, {});
  await ask();
  await change({ lines: { 'traffic.rateLimit': `${FILE}:2` } });
  const { decisions } = await ask();
  assert.deepEqual(
    decisions.map(({ from }) => from),
    [`${FILE}:2`],
  );
});

test('of a table that says nothing of lines, no rule is called a default', async (t) => {
  const { ask } = await failing(t, { ...DEFAULT_TRAFFIC, rateLimit });
  await ask();
  assert.deepEqual(
    (await ask()).decisions.map(({ from }) => from),
    ['not known'],
  );
});

test('a call of gRPC over HTTP/2 is told the same, whether it was answered or refused', async (t) => {
  const well = await http2Instance(t, (stream) => answerCall(stream, 'well'));
  const gone = await httpInstance(t, () => undefined);
  gone.kill();
  const traffic = { ...DEFAULT_TRAFFIC, rateLimit: [rateLimit[1]] };
  const lines = { 'traffic.rateLimit': `${FILE}:8`, 'traffic.retry': `${FILE}:4` };
  const made = await world(t, [gone, well], 'grpc', { tokens, traffic, lines, now: () => 1_000, dice: () => 0 });
  const client = await http2Client(t, made.gateway);
  const call = async () => {
    const { headers } = await ask(client, '/orders/a.B/C', { headers: { ...GRPC, 'x-islet-explain': token } });
    return String(headers['x-islet-explain']);
  };
  assert.match(await call(), new RegExp(`=answering; traffic.retry \\(again after refused, [^;]*\\) from ${FILE}:4$`));
  assert.match(await call(), new RegExp(`; tries=; traffic.rateLimit \\(none left of 1 [^)]*\\) from ${FILE}:8$`));
});
