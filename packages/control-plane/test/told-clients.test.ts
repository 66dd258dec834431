import assert from 'node:assert/strict';
import { it } from 'node:test';
import { QUICK, world } from './world.ts';

const file = (api: string) => ({
  'islet.yaml': 'system: one\ngateway: { port: 28087 }\n',
  'services/mail/service.yaml': `run: { command: serve }\napi: { protocol: tcp${api} }\n${QUICK}`,
});

it('instances are told whose a connection is as the file of their revision says', async (t) => {
  const w = world(t, file(''));
  const told = async () => {
    const seen = await w.traffic.observe();
    const endpoints = seen.kind === 'reachable' ? seen.table?.services.mail?.endpoints : undefined;
    return endpoints?.map(({ toldClients }) => toldClients);
  };
  await w.up();
  const before = w.pids();
  assert.deepEqual(await told(), [undefined]);
  w.write(file(', proxyProtocol: true'));
  await w.up();
  assert.notDeepEqual(w.pids(), before, 'it has to be another process, which understands the header');
  assert.deepEqual(await told(), [true]);
});
