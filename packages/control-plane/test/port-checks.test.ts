import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { it } from 'node:test';
import { gatewayTaken } from '../src/port-checks.ts';

const taken = (host: string, port: number, isOurs: boolean) =>
  gatewayTaken({ host, port, workers: 1, tls: undefined }, async () => isOurs);

it('lets the gateway have the port that it has already, and no other program’s', async (t) => {
  const server = createServer().listen(0, '127.0.0.1');
  t.after(() => server.close());
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  assert.equal(await taken('127.0.0.1', port, true), undefined);
  assert.equal(
    await taken('127.0.0.1', port, false),
    `the gateway can't listen on 127.0.0.1:${port}: node (pid ${process.pid}) does: end it, or choose another port`,
  );
});

it('refuses an address that this machine does not have, also where the port is the gateway’s already', async () => {
  const why = "the gateway can't listen on 192.0.2.1:8080: this machine has no address 192.0.2.1";
  assert.equal(await taken('192.0.2.1', 8080, true), `${why}: \`ip address\` lists those that it has`);
});
