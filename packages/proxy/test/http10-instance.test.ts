import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { LIMITS } from '../src/limits.ts';
import { client } from './clocked.ts';
import { rawInstance, send, until, world } from './world.ts';

/* An instance that answers in HTTP/1.0 knows no chunks: RFC 9112, 6.1. */

const POST = 'POST / HTTP/1.1\r\nHost: o\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n';
const WHOLE = `${POST}3\r\nall\r\n6\r\n of it\r\n0\r\nX-Sum: 1\r\n\r\n`;

/** What it was sent, request by request. It answers `version` to each that is whole, by its length or its last chunk. */
async function instance(t: TestContext, version: () => string) {
  const sent: string[] = [];
  const made = await rawInstance(t, (socket) => {
    const nth = sent.push('') - 1;
    socket.on('data', (bytes) => {
      const text = `${sent[nth]}${bytes.toString('latin1')}`;
      sent[nth] = text;
      const [head = '', body = ''] = text.split('\r\n\r\n');
      const length = /content-length: (\d+)/i.exec(head)?.[1];
      const isWhole = length === undefined ? /\r\n0\r\n(?:.+\r\n)*\r\n$/.test(text) : body.length === Number(length);
      if (isWhole) socket.end(`HTTP/${version()} 200 OK\r\nContent-Length: 2\r\n\r\nok`);
    });
  });
  return { ...(await world(t, [made])), sent };
}

test('a chunked body reaches an instance that answers in HTTP/1.0 with its length, and another one as it is', async (t) => {
  let version = '1.1';
  const { edge, sent } = await instance(t, () => version);
  assert.match(await send(edge, WHOLE), /ok$/);
  version = '1.0';
  assert.match(await send(edge, WHOLE), /ok$/);
  version = '1.1';
  const { socket, seen } = client(t, edge, `${POST}3\r\nall\r\n`);
  socket.write('6\r\n of it\r\n');
  socket.write('0\r\n\r\n');
  await until(() => seen.text.endsWith('ok'));
  assert.match(await send(edge, WHOLE), /ok$/);
  assert.deepEqual(
    sent.map((text) =>
      /transfer-encoding|content-length: 9(?=[\s\S]*\r\n\r\nall of it$)/i.exec(text)?.[0].toLowerCase(),
    ),
    ['transfer-encoding', 'transfer-encoding', 'content-length: 9', 'transfer-encoding'],
  );
});

for (const [what, bytes, end] of [
  ['far too long', 8 * LIMITS.replayBytes, '0\r\n\r\n'],
  ['too long, and not there yet', LIMITS.replayBytes + 1, ''],
] as const) {
  test(`a chunked body that is ${what} is refused to such an instance, which hears nothing of it`, async (t) => {
    const { edge, sent, plane } = await instance(t, () => '1.0');
    await send(edge, WHOLE);
    const { seen } = client(t, edge, `${POST}${bytes.toString(16)}\r\n${'x'.repeat(bytes)}\r\n${end}`);
    await until(() => seen.text.includes('\r\n\r\n'));
    assert.match(seen.text, /^HTTP\/1\.1 411 Length Required\r\n[\s\S]*x-islet-error: length-required/);
    assert.equal(sent.filter((text) => text !== '').length, 1);
    await until(() => plane.readStats().instances[0]?.inFlight === 0);
    assert.match(await send(edge, WHOLE), /ok$/);
  });
}
