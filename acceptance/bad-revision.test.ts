import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { after, test } from 'node:test';
import type { Alert, ErrorGroup, LogRecord, Span } from '@islet/client';
import { SERVER } from './support/service.ts';
import { makeSystem } from './support/system.ts';
import { isWhole } from './support/trace.ts';
import { until } from './support/until.ts';

/** Who is told of alerts. */
const told: { readonly kind: string; readonly alert: Alert }[] = [];
const hook = createServer(async (request, response) => {
  told.push((await json(request)) as (typeof told)[number]);
  response.end();
});
await new Promise<void>((listening) => hook.listen(0, '127.0.0.1', listening));
const { port } = hook.address() as AddressInfo;

const system = await makeSystem({
  name: 'bad-revision',
  services: { web: { file: { uses: ['api'], rollout: { minHealthy: '0s', bake: '0s' } } }, api: {} },
});
after(async () => {
  hook.close();
  await system[Symbol.asyncDispose]();
});

const SELLS = `function price(order) { return order.sku.price; }\n${SERVER.replace(
  'exit: () =>',
  'sell: () => { try { return String(price({})); } catch (error) { console.error(error); throw error; } },\n  exit: () =>',
)}`;

const printed = async <T>(...words: readonly string[]): Promise<T> => {
  const { stdout, stderr } = await system.islet(...words, '--json');
  assert.notEqual(stdout, '', stderr);
  return JSON.parse(stdout) as T;
};
const groups = () => printed<ErrorGroup[]>('errors', '--all');

test('a request is one trace through the proxy and both services, which know nothing of it', async () => {
  const alerts = JSON.stringify({ webhooks: [{ url: `http://127.0.0.1:${port}/` }] });
  system.write('islet.yaml', `${system.read('islet.yaml')}alerts: ${alerts}\n`);
  await system.up();
  const response = await system.get('/web/from/api/hello');
  assert.equal(response.status, 200);
  const { trace } = await until('the request is explained', async () => {
    const [record] = await printed<{ trace: string }[]>('explain', response.headers.get('x-request-id') ?? '');
    return record;
  });
  const spans = await until('both services and the proxy have told of it', async () => {
    const found = (await printed<{ spans: Span[] }>('trace', trace)).spans;
    const own = new Set(found.filter(({ source }) => source === 'otlp').map(({ service }) => service));
    return own.size === 2 && isWhole(found) ? found : undefined;
  });
  assert.ok(spans.every((span) => span.trace === trace));
  const kinds = new Set(spans.map(({ service, source }) => `${source} ${service}`));
  assert.deepEqual([...kinds].toSorted(), ['otlp api', 'otlp web', 'proxy api', 'proxy web']);
  const { stdout } = await system.islet('trace', trace);
  assert.match(stdout, /proxy → web[\s\S]*proxy → api/);
});

test('what a bad revision throws is one group that names it', async () => {
  assert.deepEqual(await groups(), []);
  system.write('services/api/server.mjs', SELLS);
  await system.up();
  for (let n = 0; n < 3; n++) assert.equal((await system.get('/api/sell')).status, 500);
  const [group, ...others] = await until('it is found', async () => {
    const found = await groups();
    return (found[0]?.count ?? 0) >= 3 ? found : undefined;
  });
  assert.deepEqual(others, []);
  const { revision = 'none' } = await system.service('api');
  assert.ok(group?.firstRevision?.startsWith(revision), `${group?.firstRevision} ${revision}`);
  assert.deepEqual([group?.type, group?.count, group?.state], ['TypeError', 3, 'open']);
  assert.match(group?.culprit ?? '', /^price \(.*server\.mjs:1\)$/);
  const records = await until('its logs are there', async () => {
    const { stdout } = await system.islet('logs', 'api', '--grep', "reading 'price'", '--since', '10m', '--json');
    const lines = stdout.split('\n').filter((line) => line !== '');
    return lines.length >= 3 && lines.map((line) => JSON.parse(line) as LogRecord);
  });
  assert.equal(records.length, 3);
});

test('one that is resolved stays so, until another revision throws it', async () => {
  const [group] = await groups();
  const id = group?.group ?? '';
  assert.equal((await printed<ErrorGroup>('errors', id, '--resolve')).state, 'resolved');
  system.write('services/api/reply', 'I am not mended');
  await system.up();
  await system.get('/api/sell');
  await until('it regresses', async () =>
    (await groups()).some((one) => one.group === id && one.state === 'regressed'),
  );
});

test('a rollout that fails is an alert, which is told and acknowledged; a few bad requests are none', async () => {
  system.write('services/api/server.mjs', 'process.exit(3);');
  await system.up(1);
  const alert = await until('it fires', () => told.find(({ alert: { rule } }) => rule === 'rollout'));
  assert.deepEqual([alert.kind, alert.alert.service, alert.alert.severity], ['fired', 'api', 'ticket']);
  assert.equal((await system.islet('alerts')).code, 1);
  await system.islet('alerts', '--ack', alert.alert.id);
  const [open] = (await printed<Alert[]>('alerts')).filter(({ rule }) => rule === 'rollout');
  assert.equal(open?.state, 'acknowledged');
  // One bad request of a few is no alert.
  assert.ok(
    told.every(({ alert: { rule } }) => rule !== 'slo'),
    JSON.stringify(told),
  );
});
