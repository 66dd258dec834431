import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { LIMITS } from '../src/limits.ts';
import { answerOf, ask, begin, http2Client } from './http2-world.ts';
import { rawInstance, send, world } from './world.ts';

/*
 * Responses that two parsers could read in two ways, or that would leave bytes behind for the next one on the same connection
 * (RFC 9110 and 9112). Whatever a client speaks, it gets an error, or sees that the response has no end; and the next request to the
 * same instance, which has the same connections, gets its own answer.
 */

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nfine';
const EVIL = 'GET /evil HTTP/1.1\r\nHost: h\r\n\r\n';
const NEXT = 'GET /next HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n';

/** An instance that sends these bytes for each `/evil`, and else what is right. */
async function evilWorld(t: TestContext, bytes: string) {
  let connections = 0;
  const instance = await rawInstance(t, (socket) => {
    connections++;
    let held = '';
    socket.on('data', (received) => {
      const heads = `${held}${received.toString('latin1')}`.split('\r\n\r\n');
      held = heads.pop() ?? '';
      for (const head of heads) socket.write(Buffer.from(head.includes(' /evil ') ? bytes : OK, 'latin1'));
    });
  });
  return { ...(await world(t, [instance])), connections: () => connections };
}

const of = (fields: string, body: string) => `HTTP/1.1 200 OK\r\n${fields}\r\n${body}`;
const CHUNKS = '4\r\nevil\r\n0\r\n\r\n';
const CHUNKED = 'Transfer-Encoding: chunked\r\n';
const LENGTH = 'Content-Length: 4\r\n';

const refused = [
  ['a length and chunks', of(LENGTH + CHUNKED, CHUNKS)],
  ['chunks and a length', of(CHUNKED + LENGTH, CHUNKS)],
  ['two equal lengths', of(LENGTH + LENGTH, 'evil')],
  ['two different lengths', of(`${LENGTH}Content-Length: 2\r\n`, 'evil')],
  ['a list of lengths', of('Content-Length: 4, 4\r\n', 'evil')],
  ['a length with a plus', of('Content-Length: +4\r\n', 'evil')],
  ['a length with a minus', of('Content-Length: -4\r\n', 'evil')],
  ['a hexadecimal length', of('Content-Length: 0x4\r\n', 'evil')],
  ['an empty length', of('Content-Length:\r\n', 'evil')],
  ['a length beyond all numbers', of('Content-Length: 99999999999999999999\r\n', 'evil')],
  ['a length before a blank and a colon', of('Content-Length : 4\r\n', 'evil')],
  ['chunked twice', of(CHUNKED + CHUNKED, CHUNKS)],
  ['chunked and then identity', of('Transfer-Encoding: chunked, identity\r\n', CHUNKS)],
  ['identity', of('Transfer-Encoding: identity\r\n', 'evil')],
  ['gzip before chunked', of('Transfer-Encoding: gzip, chunked\r\n', CHUNKS)],
  ['gzip until the end', of('Transfer-Encoding: gzip\r\n', 'evil')],
  ['xchunked', of('Transfer-Encoding: xchunked\r\n', CHUNKS)],
  ['chunked after a vertical tab', of('Transfer-Encoding: \x0bchunked\r\n', CHUNKS)],
  ['an empty Transfer-Encoding', of('Transfer-Encoding:\r\n', CHUNKS)],
  ['chunked before a blank and a colon', of('Transfer-Encoding : chunked\r\n', CHUNKS)],
  ['a folded line', of(`A: b\r\n c\r\n${LENGTH}`, 'evil')],
  ['a bare LF', of(`A: b\n${LENGTH}`, 'evil')],
  ['a bare CR', of(`A: b\rC: d\r\n${LENGTH}`, 'evil')],
  ['a NUL', of(`A: b\0\r\n${LENGTH}`, 'evil')],
  ['a field without a name', of(`: b\r\n${LENGTH}`, 'evil')],
  ['a field without a colon', of(`A b\r\n${LENGTH}`, 'evil')],
  ['a bare LF after its status', `HTTP/1.1 200 OK\n${LENGTH}\r\nevil`],
  ['a bare CR in its reason', `HTTP/1.1 200 O\rK\r\n${LENGTH}\r\nevil`],
  ['a tab before its status', `HTTP/1.1\t200 OK\r\n${LENGTH}\r\nevil`],
  ['an empty line first', `\r\nHTTP/1.1 200 OK\r\n${LENGTH}\r\nevil`],
  ['a status of two digits', `HTTP/1.1 20 OK\r\n${LENGTH}\r\nevil`],
  ['a status of four digits', `HTTP/1.1 2000 OK\r\n${LENGTH}\r\nevil`],
  ['a status beyond all classes', `HTTP/1.1 600 OK\r\n${LENGTH}\r\nevil`],
  ['HTTP/1.2', `HTTP/1.2 200 OK\r\n${LENGTH}\r\nevil`],
  ['HTTP/2.0 in text', `HTTP/2.0 200 OK\r\n${LENGTH}\r\nevil`],
  ['a version in lower case', `http/1.1 200 OK\r\n${LENGTH}\r\nevil`],
  ['a 100 with a body', `HTTP/1.1 100 Continue\r\n${LENGTH}\r\nevil${OK}`],
  ['a switch nobody asked for', 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\nevil'],
  ['early hints without end', `${'HTTP/1.1 103 Early Hints\r\n\r\n'.repeat(LIMITS.informationalHeads + 1)}${OK}`],
] as const;

for (const [what, bytes] of refused) {
  test(`a response with ${what} is a 502 in either protocol, and the next request is unharmed`, async (t) => {
    const { edge } = await evilWorld(t, bytes);
    const answers = (await send(edge, EVIL + NEXT)).replaceAll('HTTP/1.1 103 Early Hints\r\n\r\n', '');
    assert.match(
      answers,
      /^HTTP\/1\.1 502 [\s\S]*x-islet-error: bad-response\r\n[\s\S]*HTTP\/1\.1 200 OK\r\n[\s\S]*fine$/,
    );
    assert.equal(answers.split('HTTP/1.1 ').length, 3);
    const client = await http2Client(t, edge);
    const { status, headers } = await ask(client, '/evil');
    assert.deepEqual([status, headers['x-islet-error']], [502, 'bad-response']);
    assert.equal((await ask(client, '/next')).body, 'fine');
  });
}

const broken = [
  ['a chunk size with a sign', '+4\r\nevil\r\n0\r\n\r\n'],
  ['a chunk size with 0x', '0x4\r\nevil\r\n0\r\n\r\n'],
  ['a chunk size that overflows', 'fffffffffffffffff4\r\nevil\r\n0\r\n\r\n'],
  ['a chunk size before a blank', '4 \r\nevil\r\n0\r\n\r\n'],
  ['a chunk line that ends with LF', '4\nevil\r\n0\r\n\r\n'],
  ['a chunk extension that ends with LF', '4;a\nevil\r\n0\r\n\r\n'],
  ['a chunk that ends with something else', '4\r\nevilXX0\r\n\r\n'],
  ['a chunk longer than its size', '3\r\nevil\r\n0\r\n\r\n'],
  ['a folded trailer', '4\r\nevil\r\n0\r\nA: b\r\n c\r\n\r\n'],
  ['a trailer before a blank and a colon', '4\r\nevil\r\n0\r\nA : b\r\n\r\n'],
] as const;

for (const [what, body] of broken) {
  test(`a response with ${what} has no end, and the next request is unharmed`, async (t) => {
    const { edge } = await evilWorld(t, of(CHUNKED, body));
    const answer = await send(edge, EVIL + NEXT);
    assert.match(answer, /^HTTP\/1\.1 200 /);
    assert.doesNotMatch(answer, /\r\n0\r\n|fine/);
    const client = await http2Client(t, edge);
    assert.notEqual((await ask(client, '/evil')).reset, 0);
    assert.equal((await ask(client, '/next')).body, 'fine');
    assert.match(await send(edge, NEXT), /fine$/);
  });
}

const bodiless = [
  ['a 204 with a length', `HTTP/1.1 204 No Content\r\n${LENGTH}\r\n`],
  ['a 204 with chunks', `HTTP/1.1 204 No Content\r\n${CHUNKED}\r\n`],
] as const;

for (const [what, head] of bodiless) {
  test(`${what} has no body and tells of none, and its connection is not used again: one may follow`, async (t) => {
    const { edge, plane } = await evilWorld(t, head);
    for (const method of ['GET', 'HEAD']) {
      const answer = await send(edge, `${method} /evil HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n`);
      assert.match(answer, /^HTTP\/1\.1 204 /);
      assert.doesNotMatch(answer, /Content-Length|Transfer-Encoding/i);
      assert.equal(plane.readStats().instances[0]?.idleConnections, 0);
    }
    const { status, headers, reset } = await ask(await http2Client(t, edge), '/evil', { method: 'HEAD' });
    assert.deepEqual([status, headers['content-length'], reset], [204, undefined, 0]);
  });
}

test('an instance that refuses a body which waits to be asked for is sent nothing more over that connection', async (t) => {
  const request = `POST /evil HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\nevil${NEXT}`;
  const refuses = await evilWorld(t, OK);
  assert.match(await send(refuses.edge, request), /^HTTP\/1\.1 200 [\s\S]*fine[\s\S]*fine$/);
  assert.equal(refuses.connections(), 2);
  const takes = await evilWorld(t, `HTTP/1.1 100 Continue\r\n\r\n${OK}`);
  assert.match(await send(takes.edge, request), /^HTTP\/1\.1 100 [\s\S]*fine[\s\S]*fine$/);
  assert.equal(takes.connections(), 1);
});

test('a client of HTTP/2 that waits to be told to send its body is told so, and no other one', async (t) => {
  const { edge } = await evilWorld(t, `${'HTTP/1.1 100 Continue\r\n\r\n'.repeat(2)}${OK}`);
  const client = await http2Client(t, edge);
  for (const [headers, times] of [
    [{ expect: '100-continue' }, 1],
    [{}, 0],
  ] as const) {
    const stream = begin(client, '/evil', { method: 'POST', headers });
    let continued = 0;
    stream.on('continue', () => {
      continued++;
      stream.end('body');
    });
    const answer = await answerOf(stream, times === 0 ? 'body' : undefined);
    assert.deepEqual([answer.body, continued], ['fine', times]);
  }
});
