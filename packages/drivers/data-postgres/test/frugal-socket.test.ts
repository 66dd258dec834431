import assert from 'node:assert/strict';
import { randomBytes, randomInt } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { describe, it } from 'node:test';
import { FrugalSocket } from '../src/frugal-socket.ts';

describe('a frugal socket', () => {
  it('hands out what is copied, and passes on all else, wherever the network cuts it', async () => {
    for (let round = 0; round < 50; round++) {
      const messages = Array.from({ length: 1 + randomInt(12) }, () => ({
        letter: 'dDCZd'[randomInt(5)] ?? 'd',
        body: randomBytes(randomInt(3) === 0 ? 0 : randomInt(2_000)),
      }));
      const { copied, passed } = await sent(messages.map(frame), { takes: true });
      const of = (isCopied: boolean) => messages.filter(({ letter }) => (letter === 'd') === isCopied);
      assert.deepEqual(copied, Buffer.concat(of(true).map(({ body }) => body)), JSON.stringify(messages));
      assert.deepEqual(passed, Buffer.concat(of(false).map(frame)), JSON.stringify(messages));
    }
  });

  it('passes everything on where nobody wants it otherwise', async () => {
    const frames = [frame({ letter: 'd', body: Buffer.from('row') }), frame({ letter: 'Z', body: Buffer.from('I') })];
    const { copied, passed } = await sent(frames, { takes: false });
    assert.equal(copied.length, 0);
    assert.deepEqual(passed, Buffer.concat(frames));
  });

  it('keeps nobody waiting for what another connection reads', async () => {
    const frames = [frame({ letter: 'D', body: Buffer.alloc(600_000, 1) })];
    const others = [frame({ letter: 'D', body: Buffer.alloc(600_000, 2) })];
    const [one, other] = await Promise.all([sent(frames, { takes: false }), sent(others, { takes: false })]);
    assert.deepEqual(one.passed, Buffer.concat(frames));
    assert.deepEqual(other.passed, Buffer.concat(others));
  });
});

function frame({ letter, body }: { readonly letter: string; readonly body: Uint8Array }): Buffer {
  const head = Buffer.alloc(5);
  head.write(letter);
  head.writeUInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
}

/** Over a real connection, in pieces of any length. */
async function sent(frames: readonly Uint8Array[], { takes }: { readonly takes: boolean }) {
  const server = createServer(async (client) => {
    const all = Buffer.concat(frames);
    for (let at = 0; at < all.length; ) {
      const end = at + 1 + randomInt(all.length > 10_000 ? 100_000 : 400);
      await new Promise((written) => client.write(all.subarray(at, end), written));
      at = end;
    }
    client.end();
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const copied: Buffer[] = [];
  const passed: Buffer[] = [];
  const socket = new FrugalSocket();
  if (takes) socket.onCopyData = (part) => void copied.push(Buffer.from(part));
  socket.on('data', (bytes: Buffer) => passed.push(bytes));
  socket.connect((server.address() as AddressInfo).port, '127.0.0.1');
  await once(socket, 'end');
  socket.destroy();
  server.close();
  return { copied: Buffer.concat(copied), passed: Buffer.concat(passed) };
}
