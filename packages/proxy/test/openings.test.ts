import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { RequestRecord } from '@islet/policy';
import fc from 'fast-check';
import { Openings } from '../src/client/openings.ts';
import { LIMITS } from '../src/limits.ts';
import type { DataPlane } from '../src/plane.ts';
import { httpInstance, world } from './world.ts';

test('requests begin in the order in which they came, so many in a turn, and none is left', () => {
  const turns = fc.array(fc.nat(3 * LIMITS.openingsPerTurn), { minLength: 1, maxLength: 20 });
  fc.assert(
    fc.property(turns, (comers) => {
      const openings = new Openings();
      const begun: number[] = [];
      let come = 0;
      const turn = (count: number) => {
        const before = begun.length;
        for (let nth = 0; nth < count; nth++) {
          const request = come++;
          if (openings.tryOpen()) begun.push(request);
          else openings.defer({ onTurn: () => begun.push(request) });
        }
        const directly = begun.length - before;
        const more = openings.endTurn();
        assert.ok(directly <= LIMITS.openingsPerTurn);
        assert.ok(begun.length - before - directly <= LIMITS.openingsPerTurn);
        assert.equal(more, begun.length < come);
        return more;
      };
      for (const count of comers) turn(count);
      while (turn(0));
      assert.deepEqual(begun, [...Array(come).keys()]);
    }),
  );
});

test('what waits may bring more that waits', () => {
  const openings = new Openings();
  const begun: string[] = [];
  while (openings.tryOpen());
  openings.defer({
    onTurn: () => {
      begun.push('first');
      assert.equal(openings.tryOpen(), false, 'others wait');
      openings.defer({ onTurn: () => begun.push('next') });
    },
  });
  assert.equal(openings.endTurn(), true);
  assert.equal(openings.endTurn(), false);
  assert.deepEqual(begun, ['first', 'next']);
  assert.equal(openings.tryOpen(), true);
});

test('who has begun is let go, also while others always wait', async () => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const openings = new Openings();
  while (openings.tryOpen());
  const begun = Array.from({ length: LIMITS.openingsPerTurn }, () => {
    const opening = { onTurn: () => undefined };
    openings.defer(opening);
    return new WeakRef(opening);
  });
  openings.defer({ onTurn: () => undefined });
  assert.equal(openings.endTurn(), true);
  // What a weak reference was made for lives until the end of this turn.
  await new Promise((resolve) => setImmediate(resolve));
  collect();
  assert.deepEqual(
    begun.filter((opening) => opening.deref() !== undefined),
    [],
  );
  assert.equal(openings.endTurn(), false);
});

const CROWD = 300;

/** So many clients that are connected, and have been answered once. */
async function crowd(t: TestContext, port: number): Promise<Socket[]> {
  const clients = Array.from({ length: CROWD }, () => connect(port, '127.0.0.1'));
  t.after(() => {
    for (const client of clients) client.destroy();
  });
  for (const client of clients) {
    // All at once would be accepted one by one, and so ask one after the other.
    client.write('GET /first HTTP/1.1\r\nHost: h\r\n\r\n');
    await answers(client, 1);
  }
  return clients;
}

/** How many more requests are in flight after a turn of the loop than before it, at most. */
function mostPerTurn(t: TestContext, { stats }: DataPlane): () => number {
  let [most, before] = [0, stats.inFlight];
  let next = setImmediate(function look() {
    most = Math.max(most, stats.inFlight - before);
    before = stats.inFlight;
    next = setImmediate(look);
  });
  t.after(() => clearImmediate(next));
  return () => most;
}

/** All that it gets until it has so many answers. Each body ends with a full stop. */
async function answers(client: Socket, count: number): Promise<string> {
  let text = '';
  client.setEncoding('latin1');
  while (text.split('HTTP/1.1 ').length - 1 < count || !text.endsWith('.')) {
    const [part] = await once(client, 'data');
    text += part;
  }
  return text;
}

test('of a crowd that asks at once each is answered what it asked, and few begin together', async (t) => {
  const instance = await httpInstance(t, (request, response) => {
    let body = '';
    request.setEncoding('latin1').on('data', (part) => {
      body += part;
    });
    request.on('end', () => response.end(`${request.url}:${body}.`));
  });
  const lines: RequestRecord[] = [];
  const sink = { write: (line: string) => void lines.push(JSON.parse(line)) };
  const { edge, plane } = await world(t, [instance], 'http', { sink });
  const clients = await crowd(t, edge);
  const heard = clients.map((client, nth) => answers(client, nth % 4 === 3 ? 2 : 1));
  for (const [nth, client] of clients.entries()) {
    const head = (what: string) => `${what}/${nth} HTTP/1.1\r\nHost: h\r\n`;
    if (nth % 4 === 0) client.write(head('GET '));
    // A blank line of its own, and for some a body that comes later.
    if (nth % 4 === 0) client.write('\r\n');
    if (nth % 4 === 1) client.write(`${head('POST ')}Content-Length: 2\r\n\r\nab`);
    if (nth % 4 === 2) client.write(`${head('POST ')}Content-Length: 4\r\n\r\nab`);
    if (nth % 4 === 2) setImmediate(() => client.write('cd'));
    if (nth % 4 === 3) client.write(`${head('GET ')}\r\n${head('GET /then')}\r\n`);
  }
  const most = mostPerTurn(t, plane);
  const texts = await Promise.all(heard);
  for (const [nth, text] of texts.entries()) {
    const bodies = [...text.matchAll(/\r\n\r\n([^.]*)\./g)].map(([, body]) => body);
    const body = ['', 'ab', 'abcd', ''][nth % 4];
    assert.deepEqual(bodies, nth % 4 === 3 ? [`/${nth}:`, `/then/${nth}:`] : [`/${nth}:${body}`]);
  }
  assert.ok(most() <= 2 * LIMITS.openingsPerTurn, `${most()} requests of ${CROWD} began in one turn`);
  for (const { timings } of lines) assert.ok(timings.queue <= timings.total);
});

test('who leaves while its request waits costs nobody else, and who ends its side is answered', async (t) => {
  const asked = new Set<string>();
  const instance = await httpInstance(t, ({ url }, response) => {
    asked.add(`${url}`);
    response.end('.');
  });
  const { edge, plane } = await world(t, [instance]);
  const clients = await crowd(t, edge);
  const staying = clients.filter((_, nth) => nth % 3 !== 0);
  const heard = staying.map((client) => answers(client, 1));
  for (const [nth, client] of clients.entries()) {
    client.write(`GET /${nth} HTTP/1.1\r\nHost: h\r\n\r\n`);
    if (nth % 3 === 0) client.resetAndDestroy();
    if (nth % 3 === 1) client.end();
  }
  for (const text of await Promise.all(heard)) assert.match(text, /^HTTP\/1\.1 200 /);
  for (const [nth] of clients.entries()) if (nth % 3 !== 0) assert.ok(asked.has(`/${nth}`));
  for (const client of clients) client.destroy();
  while (plane.stats.inFlight > 0) await new Promise((resolve) => setTimeout(resolve, 5));
});
