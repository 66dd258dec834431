import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type ClientHttp2Stream, connect, createServer as createHttp2Server } from 'node:http2';
import { type AddressInfo, connect as connectSocket, createServer, type Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import fc from 'fast-check';
import { HpackDecoder } from '../../src/http2/hpack-decoder.ts';
import { HpackEncoder } from '../../src/http2/hpack-encoder.ts';
import { FLAG, FRAME, frame, PREFACE } from '../frames.ts';

/*
 * The other codec is the runtime's. What it encodes, we decode; what we encode, it decodes: over a socket, with lists that
 * repeat themselves in part, as those of one connection do, and tables of several sizes.
 */

const LISTS = 300;
const HEADER_TABLE_SIZE = 1;

const NAME = fc.oneof(
  fc.constantFrom('accept', 'cookie', 'content-type', 'user-agent', 'x-a', 'x-b', 'x-request-id', 'authorization'),
  fc.stringMatching(/^x-[a-z0-9]{1,30}$/),
);
const VALUE = fc.oneof(
  fc.constantFrom('a', 'text/html', 'gzip, deflate', 'application/grpc', `long ${'x'.repeat(2_000)}`),
  fc.stringMatching(/^[!-~]([ -~\x80-\xff]{0,60}[!-~])?$/),
);
const REST = fc.uniqueArray(fc.tuple(NAME, VALUE), { maxLength: 12, selector: ([name]) => name });

function randomLists(seed: number): readonly (readonly string[])[] {
  const path = fc.constantFrom('/', '/a', '/b/c?d=e', `/${'long'.repeat(40)}`);
  const list = fc
    .tuple(path, REST)
    .map(([at, rest]) => [
      ...[':method', 'GET', ':scheme', 'http', ':authority', 'orders', ':path', at],
      ...rest.flat(),
    ]);
  const lists = fc.sample(list, { numRuns: LISTS, seed });
  // Every second one again: that is where tables and memories are used.
  return lists.flatMap((one, nth) => (nth % 2 === 0 ? [one] : [one, one, lists[nth - 1] ?? one]));
}

function tableSize(bytes: number): Buffer {
  const payload = Buffer.alloc(6);
  payload.writeUInt16BE(HEADER_TABLE_SIZE, 0);
  payload.writeUInt32BE(bytes, 2);
  return payload;
}

/** Reads the frames that come, and calls with each. */
function onFrames(socket: Socket, act: (type: number, flags: number, stream: number, payload: Buffer) => void): void {
  let rest = Buffer.alloc(0);
  socket.on('error', () => undefined);
  socket.on('data', (bytes) => {
    rest = Buffer.concat([rest, bytes]);
    while (rest.length >= 9 && rest.length >= 9 + rest.readUIntBE(0, 3)) {
      const length = rest.readUIntBE(0, 3);
      act(rest.readUInt8(3), rest.readUInt8(4), rest.readUInt32BE(5), rest.subarray(9, 9 + length));
      rest = rest.subarray(9 + length);
    }
  });
}

/** A server that reads header blocks with our decoder; `onList` gets them in order, and how long they were. */
async function decodingServer(
  t: TestContext,
  tableBytes: number,
  onList: (list: unknown, bytes: number) => void,
): Promise<number> {
  const server = createServer((socket) => {
    const decoder = new HpackDecoder({ tableBytes: Math.max(4_096, tableBytes), listBytes: 2 ** 20, fields: 1_000 });
    let blocks: Buffer[] = [];
    socket.once('readable', () => {
      socket.read(PREFACE.length);
      socket.write(frame(FRAME.settings, 0, 0, tableSize(tableBytes)));
      onFrames(socket, (type, flags, stream, payload) => {
        if (type === FRAME.settings && (flags & FLAG.ack) === 0) socket.write(frame(FRAME.settings, FLAG.ack, 0));
        if (type !== FRAME.headers && type !== FRAME.continuation) return;
        // With the flag, five bytes of priority stand first.
        blocks.push(type === FRAME.headers && (flags & 0x20) !== 0 ? payload.subarray(5) : payload);
        if ((flags & FLAG.endHeaders) === 0) return;
        const block = Buffer.concat(blocks);
        blocks = [];
        onList(decoder.decode(block, 0, block.length), block.length);
        socket.write(frame(FRAME.headers, FLAG.endHeaders | FLAG.endStream, stream, Buffer.from([0x88])));
      });
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  return (server.address() as AddressInfo).port;
}

/** Has the runtime send lists, and waits for each to be answered. */
async function sendByRuntime(t: TestContext, port: number, lists: readonly (readonly string[])[]): Promise<void> {
  const session = connect(`http://127.0.0.1:${port}`);
  session.on('error', () => undefined);
  t.after(() => session.destroy());
  await once(session, 'remoteSettings');
  for (const list of lists) {
    // Given names and values in turn it sends them as they are; its type knows only the other form.
    const stream: ClientHttp2Stream = session.request(list as never, { endStream: true });
    stream.resume();
    await once(stream, 'close');
  }
}

/** Heads as a service says them to one client: `perSecond` of them in a second. */
function usualHeads(perSecond: number): readonly (readonly string[])[] {
  const head = [':method', 'GET', ':scheme', 'http', ':authority', 'orders', ':path', '/', 'server', 'uvicorn'];
  head.push('content-type', 'application/json; charset=utf-8', 'cache-control', 'no-store', 'vary', 'accept-encoding');
  const second = (nth: number) => new Date(1_000 * Math.floor(nth / perSecond)).toUTCString();
  return Array.from({ length: 50 }, (_, nth) => [...head, 'date', second(nth), 'etag', `"${nth}"`]);
}

for (const perSecond of [10, 50]) {
  test(`50 heads, ${perSecond} in a second, take little more bytes than where the runtime encodes them`, async (t) => {
    const lists = usualHeads(perSecond);
    let theirs = 0;
    const port = await decodingServer(t, 4_096, (_, bytes) => {
      theirs += bytes;
    });
    await sendByRuntime(t, port, lists);
    const encoder = new HpackEncoder();
    const ours = lists.reduce((sum, list) => sum + encoder.encode(list).length, 0);
    t.diagnostic(`${ours} bytes, and ${theirs} of the runtime`);
    // What differs each time is not compressed: that would cost more time than the bytes are worth.
    assert.ok(ours <= 1.25 * theirs, `${ours} bytes, and ${theirs} of the runtime`);
  });
}

for (const tableBytes of [4_096, 65_536, 100, 0]) {
  test(`lists that the runtime encodes with a table of ${tableBytes} are decoded`, async (t) => {
    const lists = randomLists(tableBytes + 1);
    const decoded: unknown[] = [];
    const port = await decodingServer(t, tableBytes, (list) => decoded.push(list));
    await sendByRuntime(t, port, lists);
    assert.deepEqual(decoded, lists);
  });

  test(`lists that we encode with a table of ${tableBytes} are decoded by the runtime`, async (t) => {
    const lists = randomLists(tableBytes + 2);
    const decoded: unknown[] = [];
    const server = createHttp2Server({ settings: { headerTableSize: tableBytes }, maxHeaderListPairs: 1_000 });
    server.on('stream', (stream, _headers, _flags, raw) => {
      decoded.push(raw);
      stream.respond({ ':status': 200 }, { endStream: true });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const socket = connectSocket((server.address() as AddressInfo).port, '127.0.0.1');
    t.after(() => server.close());
    t.after(() => socket.destroy());
    const encoder = new HpackEncoder();
    let sent = 0;
    const { promise, resolve } = Promise.withResolvers<void>();
    const send = () => {
      const list = lists[sent];
      if (list === undefined) return resolve();
      const flags = FLAG.endStream | FLAG.endHeaders;
      socket.write(Buffer.concat([frame(FRAME.headers, flags, 2 * sent + 1, encoder.encode(list))]));
      sent++;
    };
    onFrames(socket, (type, flags) => {
      if (type === FRAME.settings && (flags & FLAG.ack) === 0) {
        encoder.setTableBytes(tableBytes);
        socket.write(frame(FRAME.settings, FLAG.ack, 0));
        send();
      } else if (type === FRAME.headers) send();
    });
    socket.on('close', () => resolve());
    socket.write(Buffer.concat([PREFACE, frame(FRAME.settings, 0, 0)]));
    await promise;
    assert.deepEqual(decoded, lists);
  });
}
