import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { LIMITS } from '../src/limits.ts';
import { block, FLAG, FRAME, frame, GET, goawayCode, type RawPeer, rawPeer, request } from './frames.ts';
import { ask, http2Client } from './http2-world.ts';
import { rawInstance, until, world } from './world.ts';

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

/** A service of HTTP/1.1 that records every byte it gets, and answers each head. */
async function recorder(t: TestContext) {
  let reached = '';
  const instance = await rawInstance(t, (socket) => {
    socket.on('data', (bytes) => {
      reached += bytes.toString('latin1');
      if (bytes.includes('\r\n\r\n')) socket.write(OK);
    });
  });
  const made = await world(t, [instance]);
  const peer = (port = made.edge) => {
    const raw = rawPeer(port);
    t.after(() => raw.socket.destroy());
    return raw;
  };
  return { ...made, peer, reached: () => reached };
}

/** What became of one stream: its status, or the code it was reset with; the latter also of the whole connection. */
function fateOf(peer: RawPeer): string | undefined {
  const reset = peer.seen.find(({ type }) => type === FRAME.reset);
  if (reset !== undefined) return `reset ${reset.payload.readUInt32BE(0)}`;
  const goaway = goawayCode(peer);
  if (goaway !== undefined && goaway !== 0) return `goaway ${goaway}`;
  const body = peer.seen.find(({ type }) => type === FRAME.data)?.payload.toString('latin1');
  return body === undefined ? undefined : (/"code":"([a-z-]+)"/.exec(body)?.[1] ?? body);
}

const with_ = (...more: readonly (readonly [string, string])[]) => [...GET, ...more];
const without = (name: string, ...more: readonly (readonly [string, string])[]) => [
  ...GET.filter(([own]) => own !== name),
  ...more,
];

const PROTOCOL_ERROR = 'reset 1';
/** Everything that HTTP/2 can carry and that would be another message in HTTP/1.1, or two (RFC 9113, 8.2, 8.3, 10.3). */
const malformed = [
  ['a name with capitals', with_(['X-A', 'b'])],
  ['a space in the path', without(':path', [':path', '/ HTTP/1.1\r\nevil: yes\r\n\r\n'])],
  ['an empty path', without(':path', [':path', ''])],
  ['a path that is no path', without(':path', [':path', 'http://evil/'])],
  ['no path', without(':path')],
  ['no method', without(':method')],
  ['no scheme', without(':scheme')],
  ['a method with a line break', without(':method', [':method', 'GET / HTTP/1.1\r\nevil: yes\r\n\r\nGET'])],
  ['two paths', with_([':path', '/other'])],
  ['two authorities', with_([':authority', 'other'])],
  ['a pseudo-field after a field', [...GET.slice(0, 3), ['x-a', 'b'], [':authority', 'h']]],
  ['a pseudo-field of a response', with_([':status', '200'])],
  ['a pseudo-field that nobody knows', with_([':evil', 'yes'])],
  ['Connection', with_(['connection', 'close'])],
  ['Keep-Alive', with_(['keep-alive', 'timeout=5'])],
  ['Proxy-Connection', with_(['proxy-connection', 'close'])],
  ['Upgrade', with_(['upgrade', 'websocket'])],
  ['Transfer-Encoding', with_(['transfer-encoding', 'chunked'])],
  ['TE beyond trailers', with_(['te', 'gzip'])],
  ['a Content-Length that is no number', with_(['content-length', '+5'])],
  ['two lengths', with_(['content-length', '0'], ['content-length', '0'])],
  ['a length without a body', with_(['content-length', '5'])],
  ['a Host that is another authority', with_(['host', 'other'])],
  ['an authority with a path', without(':authority', [':authority', 'h/evil'])],
  ['an authority with a user', without(':authority', [':authority', 'user@h'])],
  ['a line break in a value', with_(['x-a', 'b\r\nevil: yes'])],
  ['a bare CR in a value', with_(['x-a', 'b\rc'])],
  ['a bare LF in a value', with_(['x-a', 'b\nc'])],
  ['a NUL in a value', with_(['x-a', 'b\0c'])],
  ['a blank before a value', with_(['x-a', ' b'])],
  ['a line break in a name', with_(['x-a\r\nevil', 'b'])],
  ['a colon in a name', with_(['x-a: b\r\nevil', 'b'])],
  ['an empty name', with_(['', 'b'])],
  ['a blank in a name', with_(['x a', 'b'])],
  ['a list of lengths', with_(['content-length', '0, 0'])],
  ['a length with a blank', with_(['content-length', ' 0'])],
  ['a blank in the method', without(':method', [':method', 'GET /evil'])],
  ['CONNECT with a path', without(':method', [':method', 'CONNECT'])],
  ['CONNECT to a protocol', [...without(':method', [':method', 'CONNECT']), [':protocol', 'websocket']]],
  ['a fragment in the path', without(':path', [':path', '/a#b'])],
  ['a byte above ASCII in the path', without(':path', [':path', '/\xe9'])],
  ['a blank in the authority', without(':authority', [':authority', 'h evil'])],
  ['a line break in the authority', without(':authority', [':authority', 'h\r\nevil: yes'])],
  ['an empty authority', without(':authority', [':authority', ''])],
  ['two Hosts', without(':authority', ['host', 'h'], ['host', 'h'])],
  ['no authority', without(':authority')],
  ['a line break in the scheme', without(':scheme', [':scheme', 'http\r\nevil: yes'])],
  ['a line break in a cookie', with_(['cookie', 'a=b'], ['cookie', 'c=d\r\nevil: yes'])],
] as const;

for (const [what, fields] of malformed) {
  test(`${what} is refused, and no byte of it reaches an instance`, async (t) => {
    const { peer, reached } = await recorder(t);
    const evil = peer();
    evil.send(request(1, fields as typeof GET));
    await until(() => fateOf(evil) !== undefined);
    assert.ok([PROTOCOL_ERROR, 'goaway 1', 'bad-request'].includes(fateOf(evil) ?? ''), fateOf(evil));
    assert.equal(reached(), '');
  });
}

for (const [what, ...trailers] of [
  ['a pseudo-field', [':path', '/evil']],
  ['Transfer-Encoding', ['transfer-encoding', 'chunked']],
  ['a line break in a value', ['x-a', 'b\r\n\r\nGET /evil HTTP/1.1']],
  ['a line break in a name', ['x-a\r\nevil', 'b']],
  ['a name with capitals', ['X-A', 'b']],
] as const) {
  test(`trailers with ${what} end their stream, and its instance gets no whole request`, async (t) => {
    const { peer, reached, plane } = await recorder(t);
    const evil = peer();
    evil.send(
      request(1, [[':method', 'POST'], ...GET.slice(1)], FLAG.endHeaders),
      frame(FRAME.data, 0, 1, Buffer.from('a')),
    );
    evil.send(request(1, trailers as unknown as typeof GET));
    await until(() => fateOf(evil) !== undefined);
    assert.ok([PROTOCOL_ERROR, 'goaway 1', 'bad-request'].includes(fateOf(evil) ?? ''), fateOf(evil));
    assert.doesNotMatch(reached(), /\r\n0\r\n|evil/);
    await until(() => plane.stats.inFlight === 0);
  });
}

test('a body longer or shorter than its Content-Length is reset, and its instance gets no whole request', async (t) => {
  for (const sent of ['longer than five', 'four']) {
    const { peer, reached, plane } = await recorder(t);
    const evil = peer();
    const head = request(1, with_([':method', 'POST'], ['content-length', '5']).slice(1), FLAG.endHeaders);
    evil.send(head, frame(FRAME.data, FLAG.endStream, 1, Buffer.from(sent)));
    await until(() => fateOf(evil) !== undefined);
    assert.doesNotMatch(reached(), /\r\n\r\n[\s\S]{5}/);
    await until(() => plane.stats.inFlight === 0);
  }
});

test('a client that resets its streams as fast as it opens them is cut off, and others go on', async (t) => {
  const { peer, edge, plane } = await recorder(t);
  const rapid = peer();
  const frames = [];
  for (let id = 1; id < 40_000; id += 2) {
    frames.push(request(id), frame(FRAME.reset, 0, id, Buffer.from([0, 0, 0, 8])));
  }
  rapid.send(...frames);
  await until(rapid.ended);
  // What one read brings is begun before the codec is asked again whether that is too much.
  assert.ok(plane.readStats().edges[0]!.requests < 5_000);
  await until(() => plane.stats.inFlight === 0);
  assert.equal((await ask(await http2Client(t, edge), '/')).body, 'ok');
});

test('a head without an end is cut off, however many continuations it has', async (t) => {
  const { peer, reached, edge } = await recorder(t);
  const endless = peer();
  endless.send(frame(FRAME.headers, FLAG.endStream, 1, block(GET)));
  for (let index = 0; index < 100; index++) {
    endless.send(frame(FRAME.continuation, 0, 1, block([['x-a', 'b'.repeat(100)]])));
  }
  await until(endless.ended);
  assert.equal(reached(), '');
  assert.equal((await ask(await http2Client(t, edge), '/')).body, 'ok');
});

for (const [what, one] of [
  ['pings', frame(FRAME.ping, 0, 0, Buffer.alloc(8))],
  ['settings', frame(FRAME.settings, 0, 0, Buffer.from([0, 3, 0, 0, 0, 100]))],
] as const) {
  test(`a client that sends nothing but ${what} is cut off`, async (t) => {
    const { peer } = await recorder(t);
    const noisy = peer();
    noisy.send(...Array.from({ length: LIMITS.http2ControlFramesPerSecond * 2 }, () => one));
    await until(noisy.ended);
    assert.equal(goawayCode(noisy), 11);
  });
}

test('a client that sends empty DATA frames without end is cut off', async (t) => {
  const { peer } = await recorder(t);
  const noisy = peer();
  noisy.send(request(1, GET, FLAG.endHeaders));
  noisy.send(...Array.from({ length: LIMITS.http2InvalidFrames * 3 }, () => frame(FRAME.data, 0, 1)));
  await until(noisy.ended);
});

test('more fields, or larger ones, than a message may have are refused', async (t) => {
  const { edge, reached } = await recorder(t);
  const client = await http2Client(t, edge);
  const many = Object.fromEntries(Array.from({ length: LIMITS.fields + 20 }, (_, index) => [`x-${index}`, 'v']));
  const large = { 'x-large': 'v'.repeat(LIMITS.fieldsBytes * 2) };
  for (const headers of [many, large]) {
    const { status, reset } = await ask(client, '/', { headers });
    assert.ok(status === 431 || reset !== 0, `${status} ${reset}`);
  }
  assert.equal(reached(), '');
});

test('a connection that says hello and no more is closed without a request', async (t) => {
  let now = 1_000_000;
  const made = await world(t, [], 'http', { now: () => now });
  const silent = rawPeer(made.edge);
  t.after(() => silent.socket.destroy());
  await until(() => silent.seen.length > 0);
  now += LIMITS.requestHeadTimeoutMs;
  await until(silent.ended);
});

test('a client that never acknowledges our settings is cut off, though it waits for an answer', async (t) => {
  let now = 1_000_000;
  const made = await world(t, [await rawInstance(t, () => undefined)], 'http', { now: () => now });
  const [rude, polite] = [rawPeer(made.edge), rawPeer(made.edge)];
  t.after(() => [rude, polite].map(({ socket }) => socket.destroy()));
  rude.send(request(1));
  polite.send(frame(FRAME.settings, FLAG.ack, 0), request(1));
  await until(() => made.plane.stats.inFlight === 2);
  now += LIMITS.requestHeadTimeoutMs;
  await until(rude.ended);
  assert.equal(goawayCode(rude), 4);
  assert.equal(polite.ended(), false);
});

test('a client that ends its side leaves no connection behind', async (t) => {
  const { peer, plane } = await recorder(t);
  const left = peer();
  left.send(request(1));
  await until(() => left.seen.some(({ type }) => type === FRAME.data));
  left.socket.end();
  await until(left.ended);
  assert.equal(plane.stats.inFlight, 0);
});
