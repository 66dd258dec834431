import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import fc from 'fast-check';
import { writeJoined } from '../src/write-joined.ts';

/** A connection of this machine with itself, both ends. */
async function pair(t: TestContext): Promise<{ readonly near: Socket; readonly far: Socket }> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  assert.ok(address !== null && typeof address === 'object');
  const near = connect(address.port, '127.0.0.1');
  const [far] = (await once(server, 'connection')) as [Socket];
  if (near.connecting) await once(near, 'connect');
  t.after(() => {
    near.destroy();
    far.destroy();
    server.close();
  });
  return { near, far };
}

function write(socket: Socket, ...pieces: readonly (string | Buffer)[]): void {
  let length = 0;
  for (const piece of pieces) length += piece.length;
  writeJoined(socket, pieces, { count: pieces.length, length });
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
  const server = createServer().listen(0, '127.0.0.1');
  t.after(() => server.close());
  await once(server, 'listening');
  const address = server.address();
  assert.ok(address !== null && typeof address === 'object');
  const near = connect(address.port, '127.0.0.1');
  t.after(() => near.destroy());
  write(near, 'one ', 'two ');
  write(near, 'three');
  const [far] = (await once(server, 'connection')) as [Socket];
  t.after(() => far.destroy());
  assert.equal(await read(far, 13), 'one two three');
});

test('what is written to a closed connection reaches nobody, whoever has its descriptor by then', async (t) => {
  const gone = await pair(t);
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
