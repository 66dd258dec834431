import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { connect } from 'node:net';
import { type TestContext, test } from 'node:test';
import { serve, until, world } from './world.ts';

const CLIENTS = 400;
const GET = 'GET / HTTP/1.1\r\nHost: h\r\n\r\n';

/** As many clients, which all ask at once when they are told to; an instance that answers when all have asked. */
async function flood(t: TestContext) {
  const held: (() => void)[] = [];
  let made = 0;
  const server = createServer({ keepAliveTimeout: 60_000 }, (_, response) => {
    held.push(() => response.end('done'));
    if (held.length === CLIENTS) for (const answer of held.splice(0)) answer();
  });
  const instance = await serve(t, server);
  let now = 1_000_000;
  const { edge, plane } = await world(t, [instance], 'http', { now: () => now });
  let answers = '';
  const clients = Array.from({ length: CLIENTS }, () => {
    const client = connect(edge, '127.0.0.1').setEncoding('latin1');
    t.after(() => client.destroy());
    return client.on('data', (text: string) => {
      answers += text;
    });
  });
  const ask = async () => {
    const before = new Set(instance.sockets);
    answers = '';
    for (const client of clients) client.write(GET);
    await until(() => answers.split('HTTP/1.1 ').length > CLIENTS);
    made += [...instance.sockets].filter((socket) => !before.has(socket)).length;
    return answers.split('HTTP/1.1 200').length - 1;
  };
  const pass = (ms: number) => {
    now += ms;
  };
  const idle = () => plane.readStats().instances[0]?.idleConnections ?? 0;
  return { ask, pass, idle, made: () => made };
}

test('a flood that comes again finds the connections of the last one', async (t) => {
  const { ask, made } = await flood(t);
  for (let wave = 0; wave < 3; wave++) assert.equal(await ask(), CLIENTS);
  assert.equal(made(), CLIENTS);
});

test('when a flood is over, more connections than usual are not kept for long', async (t) => {
  const { ask, pass, idle } = await flood(t);
  await ask();
  await until(() => idle() === CLIENTS);
  pass(6_000);
  await until(() => idle() < CLIENTS);
  assert.equal(idle(), 256);
});
