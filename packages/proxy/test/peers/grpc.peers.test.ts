import assert from 'node:assert/strict';
import { after, before, type TestContext, test } from 'node:test';
import { endpointAt, until, world } from '../world.ts';
import { buildGo, type GoProgram, goClient, goServer } from './go-program.ts';

/** A client and servers of google.golang.org/grpc, with the proxy between them, and as the measure without it. */
let program: GoProgram;
before(async () => {
  program = await buildGo('.');
});
after(() => program.remove());

async function proxied(t: TestContext) {
  const [a, b] = [await goServer(t, program, 'a'), await goServer(t, program, 'b')];
  const made = await world(t, [], 'grpc');
  await made.publish(endpointAt(a.port, 'a'), endpointAt(b.port, 'b'));
  return { ...made, a, b, printed: () => a.printed() + b.printed() };
}

for (const play of ['unary', 'server-stream', 'client-stream', 'bidi', 'metadata', 'error', 'deadline', 'big']) {
  test(`to a Go client, ${play} is through the proxy what it is without`, async (t) => {
    const { a, edge, plane } = await proxied(t);
    await goClient(program, a.port, play);
    await goClient(program, edge, play);
    await until(() => plane.stats.inFlight === 0);
    assert.equal(plane.readStats().unexpected, 0);
  });
}

test('a Go server is told less time than its caller has', async (t) => {
  const { edge } = await proxied(t);
  await goClient(program, edge, 'deadline-told');
});

for (const play of ['cancel', 'cancel-stream']) {
  test(`a Go server learns that its caller has left (${play})`, async (t) => {
    const { edge, printed, plane } = await proxied(t);
    await goClient(program, edge, play);
    await until(() => printed().includes('cancelled context canceled'));
    await until(() => plane.stats.inFlight === 0);
    assert.equal(plane.readStats().edges[0]?.errors['client-gone'], 1);
  });
}

test('a Go server that is silent is not asked so often whether it is there that it ends the connection', async (t) => {
  const { edge, a, publish } = await proxied(t);
  await publish(endpointAt(a.port, 'a'));
  await goClient(program, edge, 'silences');
});

test('the calls of one Go connection go to both servers', async (t) => {
  const { edge } = await proxied(t);
  const counts = (await goClient(program, edge, 'balance')).split(' ').map(Number);
  assert.equal(counts.length, 2);
  assert.ok(Math.min(...counts) >= 15, `60 calls: ${counts.join(' and ')}`);
});

test('without a server a Go client is told UNAVAILABLE', async (t) => {
  const { edge, publish } = await proxied(t);
  await publish();
  await goClient(program, edge, 'unavailable');
});
