import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { constants } from 'node:http2';
import { test } from 'node:test';
import { answerOf, begin, GRPC, http2Client, http2Instance } from './http2-world.ts';
import { world } from './world.ts';

const CALLS = 480;
const AT_ONCE = 60;

/** Small, empty and large ones, larger than any window. */
const askedBytes = (nth: number) => (nth % 7 === 0 ? 300_000 + nth * 13 : nth % 3 === 0 ? 0 : nth * 37);
const toldBytes = (nth: number) => (nth % 5 === 0 ? 400_000 + nth : nth * 11);
const sha1 = (bytes: Buffer) => createHash('sha1').update(bytes).digest('hex');

test('calls cross whole in both directions, while others are given up by either side', async (t) => {
  const instance = await http2Instance(t, (stream, headers) => {
    const nth = Number(headers['x-nth']);
    const come: Buffer[] = [];
    stream.on('data', (bytes: Buffer) => come.push(bytes));
    if (nth % 11 === 0) setImmediate(() => stream.close(constants.NGHTTP2_CANCEL));
    stream.on('end', () => {
      if (stream.destroyed || stream.closed) return;
      stream.respond({ ':status': 200, 'x-nth': String(nth) }, { waitForTrailers: true });
      stream.on('wantTrailers', () => stream.sendTrailers({ 'x-hash': sha1(Buffer.concat(come)) }));
      stream.end(Buffer.alloc(toldBytes(nth), `told ${nth}`));
    });
  });
  const { edge } = await world(t, [instance], 'grpc');
  const clients = await Promise.all([1, 2, 3].map(() => http2Client(t, edge)));

  const call = async (nth: number) => {
    const asked = Buffer.alloc(askedBytes(nth), `asked ${nth}`);
    const stream = begin(clients[nth % 3]!, '/', { method: 'POST', headers: { ...GRPC, 'x-nth': String(nth) } });
    const givesUp = nth % 13 === 0;
    if (givesUp) setTimeout(() => stream.close(constants.NGHTTP2_CANCEL), nth % 4);
    const { headers, body, trailers } = await answerOf(stream, asked);
    if (givesUp || nth % 11 === 0) return;
    assert.equal(headers['x-nth'], String(nth));
    assert.equal(trailers['x-hash'], sha1(asked), `call ${nth}: what came to the instance`);
    assert.equal(sha1(Buffer.from(body, 'latin1')), sha1(Buffer.alloc(toldBytes(nth), `told ${nth}`)), `call ${nth}`);
  };
  for (let from = 0; from < CALLS; from += AT_ONCE) {
    await Promise.all(Array.from({ length: AT_ONCE }, (_, nth) => call(from + nth)));
  }
  assert.equal(instance.sockets.size, 1, 'all of them over one connection');
});
