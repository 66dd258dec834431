import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { type TestContext, test } from 'node:test';
import type { RequestRecord } from '@islet/policy';
import { freePort } from '../../../scripts/test/free-port.ts';
import { client } from './clocked.ts';
import { endpointAt, rawInstance, until, world } from './world.ts';

/** Listens, and takes no connection: its process is stopped, and the kernel's queue for it is full. */
async function fullInstance(t: TestContext): Promise<number> {
  const port = await freePort();
  const code = `require('node:net').createServer().listen({ port: ${port}, host: '127.0.0.1', backlog: 1 }, () => console.log('there'))`;
  const child = spawn(process.execPath, ['-e', code], { stdio: ['ignore', 'pipe', 'ignore'] });
  t.after(async () => {
    child.kill('SIGKILL');
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  });
  await once(child.stdout, 'data');
  child.kill('SIGSTOP');
  for (let count = 0; count < 4; count++) {
    const socket = connect(port, '127.0.0.1').on('error', () => undefined);
    t.after(() => socket.destroy());
  }
  return port;
}

test('a plain connection that an instance does not take in time is told with the rule, and goes to another', async (t) => {
  const records: RequestRecord[] = [];
  let now = 1_000_000;
  const sink = { write: (line: string) => void records.push(JSON.parse(line)) };
  const well = await rawInstance(t, (socket) => void socket.on('data', (bytes) => socket.end(bytes)));
  // The dice choose the first of the two.
  const made = await world(t, [], 'tcp', { sink, dice: () => 0, now: () => now });
  await made.publish(endpointAt(await fullInstance(t)), endpointAt(well.port));
  const { seen } = client(t, made.edge, 'ping');
  await until(() => made.plane.readStats().instances[0]?.inFlight === 1);
  now += 501;
  await until(() => seen.text === 'ping' && records.length > 0);
  assert.deepEqual(
    records.flatMap(({ tries, decisions }) => [
      ...tries.map(({ outcome }) => outcome),
      ...decisions.map(({ rule, why }) => `${rule} (${why})`),
    ]),
    ['connect-timeout', 'connected', 'traffic.timeout.connect (no connection within 500 ms)'],
  );
});
