import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer, type Server, Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import fc from 'fast-check';
import { DirectWriter } from '../src/direct-writer.ts';

interface Pair {
  readonly near: Socket;
  readonly far: Socket;
}

/** A connection of this machine with itself, both ends. */
async function pair(t: TestContext): Promise<Pair> {
  return await meet(t, await listen(t));
}

async function listen(t: TestContext): Promise<Server> {
  const server = createServer().listen(0, '127.0.0.1');
  t.after(() => server.close());
  await once(server, 'listening');
  return server;
}

async function meet(t: TestContext, server: Server, near: Socket = new Socket()): Promise<Pair> {
  near.connect(portOf(server), '127.0.0.1');
  const [far] = (await once(server, 'connection')) as [Socket];
  if (near.connecting) await once(near, 'connect');
  t.after(() => {
    near.destroy();
    far.destroy();
  });
  return { near, far };
}

function portOf(server: Server): number {
  const address = server.address();
  assert.ok(address !== null && typeof address === 'object');
  return address.port;
}

function write(socket: Socket, ...pieces: readonly (string | Buffer)[]): void {
  let length = 0;
  for (const piece of pieces) length += piece.length;
  writerOf(socket).join(pieces, { count: pieces.length, length });
}

const writers = new WeakMap<Socket, DirectWriter>();

/** One for each socket, as long as that lives. */
function writerOf(socket: Socket): DirectWriter {
  const writer = writers.get(socket) ?? new DirectWriter(socket);
  writers.set(socket, writer);
  return writer;
}

async function read(socket: Socket, bytes: number): Promise<string> {
  let text = '';
  socket.setEncoding('latin1').on('data', (part: string) => {
    text += part;
  });
  socket.resume();
  while (text.length < bytes) await once(socket, 'data');
  return text;
}

test('all that is written arrives in order, also where its reader is slow', async (t) => {
  const sizes = fc.array(fc.oneof(fc.nat(100), fc.nat(20_000), fc.nat(100_000)), { minLength: 1, maxLength: 200 });
  await fc.assert(
    fc.asyncProperty(sizes, async (lengths) => {
      const { near, far } = await pair(t);
      far.pause();
      let all = '';
      for (const [nth, length] of lengths.entries()) {
        const [head, body] = [`${nth}\xff:`, String.fromCharCode(97 + (nth % 26)).repeat(length)];
        write(near, head, Buffer.from(body));
        // Between them the runtime's own way is taken.
        near.write('.');
        all += `${head + body}.`;
      }
      assert.equal(await read(far, all.length), all);
    }),
    { numRuns: 20 },
  );
});

test('what is written before the connection is there arrives first', async (t) => {
  const server = await listen(t);
  const near = connect(portOf(server), '127.0.0.1');
  t.after(() => near.destroy());
  write(near, 'one ', 'two ');
  write(near, 'three');
  const [far] = (await once(server, 'connection')) as [Socket];
  t.after(() => far.destroy());
  assert.equal(await read(far, 13), 'one two three');
});

test('what is written to a closed connection reaches nobody, whoever has its descriptor by then', async (t) => {
  const gone = await pair(t);
  const first = read(gone.far, 1);
  write(gone.near, '!');
  await first;
  gone.near.destroy();
  const others = [await pair(t), await pair(t), await pair(t)];
  gone.near.on('error', () => undefined);
  const heard = others.flatMap(({ near, far }) => [read(near, 1), read(far, 1)]);
  write(gone.near, 'stray');
  for (const { near, far } of others) {
    write(near, '.');
    write(far, '.');
  }
  for (const text of await Promise.all(heard)) assert.equal(text, '.');
});

test('what is written to a socket that connects once more goes where that leads, whoever has its old descriptor', async (t) => {
  const [here, there] = [await listen(t), await listen(t)];
  const { near, far } = await meet(t, here);
  const first = read(far, 1);
  write(near, '!');
  await first;
  near.destroy();
  await once(near, 'close');
  const others = [await meet(t, here), await meet(t, here)];
  const again = await meet(t, there, near);
  const heard = [again.far, ...others.flatMap((other) => [other.near, other.far])].map((socket) => read(socket, 1));
  write(near, '2');
  for (const other of others) {
    write(other.near, '.');
    write(other.far, '.');
  }
  assert.equal((await Promise.all(heard)).join(''), '2....');
});

test('a connection that its peer has reset tells so as ever', async (t) => {
  const { near, far } = await pair(t);
  const failed = once(near, 'error');
  far.resetAndDestroy();
  const timer = setInterval(() => write(near, 'more'), 1);
  t.after(() => clearInterval(timer));
  const [error] = (await failed) as [NodeJS.ErrnoException];
  assert.match(error.code ?? '', /^(ECONNRESET|EPIPE)$/);
});

test('nothing is written after the end', async (t) => {
  const { near, far } = await pair(t);
  near.on('error', () => undefined);
  near.end('last');
  write(near, 'late');
  let text = '';
  far.setEncoding('latin1').on('data', (part: string) => {
    text += part;
  });
  await once(far, 'end');
  assert.equal(text, 'last');
});
