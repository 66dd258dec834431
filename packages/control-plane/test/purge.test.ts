import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createHandlers } from '../src/api/handlers.ts';
import { QUICK, world } from './world.ts';

const service = (traffic: string) => ({
  'services/web/service.yaml': `run: { command: serve }\nuses: [catalog]\n${traffic}${QUICK}`,
});

test('a purge says how many responses went, and is a decision that can be looked up', async (t) => {
  const w = world(t);
  w.write(service('traffic: { cache: { freshFor: 1m } }\n'));
  await w.up();
  const { purge, decisions } = createHandlers(w.system);
  const none = { query: {}, signal: new AbortController().signal };
  const purged = await purge({ ...none, params: { service: 'web' }, body: { path: '/a/*', group: 'b' } } as never);
  assert.deepEqual(purged, { purged: 3 });
  const told = await decisions({ ...none, params: {}, body: {} } as never);
  assert.equal(told.at(-1)?.text, 'forgot 3 stored responses of web at /a/* of the group b, as asked');
});

test('a service whose responses nobody keeps has nothing to forget, and says what would', async (t) => {
  const w = world(t);
  w.write(service(''));
  await w.up();
  const { purge } = createHandlers(w.system);
  const order = { params: { service: 'web' }, query: {}, body: {}, signal: new AbortController().signal };
  await assert.rejects(async () => purge(order as never), /nothing is stored of web/);
});
