import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import type { SizeLimits } from '@islet/spec';
import { DEFAULT_TRAFFIC } from '@islet/spec/traffic';
import { cannedInstance, httpInstance, type Instance, send, until, world } from './world.ts';

const LONG = 'x'.repeat(3_000);

async function limited(t: TestContext, sizes: Partial<SizeLimits>, instance: Instance) {
  const { limits } = DEFAULT_TRAFFIC;
  const traffic = { ...DEFAULT_TRAFFIC, limits: { ...limits, sizes: { ...limits.sizes, ...sizes } } };
  const made = await world(t, [instance], 'http', { traffic });
  const decided = (rule: 'requestBody' | 'responseBody' | 'requestHeaders' | 'responseHeaders') =>
    made.plane.readStats().edges.find(({ from }) => from.kind === 'edge')?.decisions[`traffic.limits.${rule}`];
  return { ...made, decided };
}

async function counting(t: TestContext) {
  let asked = 0;
  const instance = await httpInstance(t, (request, response) => {
    asked++;
    let length = 0;
    request.on('data', (bytes: Buffer) => {
      length += bytes.length;
    });
    request.on('end', () => response.end(`got ${length}`));
    request.on('error', () => undefined);
  });
  return { instance, asked: () => asked };
}

const post = (body: string, fields: string) =>
  `POST / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n${fields}\r\n${body}`;
const chunked = (...chunks: readonly string[]) =>
  `${chunks.map((chunk) => `${chunk.length.toString(16)}\r\n${chunk}\r\n`).join('')}0\r\n\r\n`;

test('a body that says it is too long is refused before an instance hears of it', async (t) => {
  const { instance, asked } = await counting(t);
  const { edge, decided } = await limited(t, { requestBody: 2_048 }, instance);
  const refused = await send(edge, post(LONG, `Content-Length: ${LONG.length}\r\n`));
  assert.match(
    refused,
    /^HTTP\/1\.1 413 Content Too Large\r\n[\s\S]*x-islet-explain: traffic\.limits\.requestBody\r\n/,
  );
  assert.match(refused, /\r\nConnection: close\r\n/);
  assert.deepEqual([asked(), decided('requestBody')], [0, 1]);
  assert.match(await send(edge, post('x'.repeat(2_048), 'Content-Length: 2048\r\n')), /got 2048$/);
});

test('a body that says nothing of its length is counted, and refused when it has become too long', async (t) => {
  const { instance } = await counting(t);
  const { edge, plane } = await limited(t, { requestBody: 2_048 }, instance);
  const fields = 'Transfer-Encoding: chunked\r\n';
  assert.match(await send(edge, post(chunked('x'.repeat(2_000), 'x'.repeat(100)), fields)), /^HTTP\/1\.1 413 /);
  assert.match(await send(edge, post(chunked('x'.repeat(2_000), 'x'.repeat(48)), fields)), /got 2048/);
  await until(() => plane.stats.inFlight === 0);
});

test('a compressed body counts as it comes: nothing is unpacked', async (t) => {
  const bomb = gzipSync(Buffer.alloc(1024 ** 2));
  const { instance } = await counting(t);
  const { edge } = await limited(t, { requestBody: 2_048 }, instance);
  const head = post('', `Content-Encoding: gzip\r\nContent-Length: ${bomb.length}\r\n`);
  assert.match(await send(edge, Buffer.concat([Buffer.from(head, 'latin1'), bomb])), new RegExp(`got ${bomb.length}$`));
});

test('header fields that are too large for the service are refused, though the proxy would take them', async (t) => {
  const { instance, asked } = await counting(t);
  const { edge } = await limited(t, { requestHeaders: 1_024 }, instance);
  const refused = await send(edge, post('', `X-Long: ${LONG}\r\n`));
  assert.match(refused, /^HTTP\/1\.1 431 [\s\S]*x-islet-explain: traffic\.limits\.requestHeaders\r\n/);
  assert.match(JSON.parse(refused.split('\r\n\r\n')[1] ?? '').error.hint, /traffic\.limits\.requestHeaders/);
  assert.equal(asked(), 0);
});

test('a response that says it is too long is replaced by an error', async (t) => {
  const instance = await cannedInstance(t, `HTTP/1.1 200 OK\r\nContent-Length: ${LONG.length}\r\n\r\n${LONG}`);
  const { edge, decided, plane } = await limited(t, { responseBody: 2_048 }, instance);
  const refused = await send(edge, post('', ''));
  assert.match(refused, /^HTTP\/1\.1 502 [\s\S]*x-islet-error: response-too-large\r\n/);
  assert.doesNotMatch(refused, /xxx/);
  assert.equal(decided('responseBody'), 1);
  await until(() => plane.stats.inFlight === 0);
});

test('a response that says nothing of its length breaks off when it has become too long', async (t) => {
  const response = `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${chunked('x'.repeat(2_000), 'y'.repeat(100))}`;
  const { edge, decided, plane } = await limited(t, { responseBody: 2_048 }, await cannedInstance(t, response));
  const broken = await send(edge, post('', ''));
  assert.match(broken, /^HTTP\/1\.1 200 OK\r\n/);
  assert.doesNotMatch(broken, /y|0\r\n\r\n$/);
  assert.equal(decided('responseBody'), 1);
  await until(() => plane.stats.inFlight === 0);
});

test('response headers that are too large are replaced by an error, and a response to HEAD is only headers', async (t) => {
  const long = await cannedInstance(t, `HTTP/1.1 200 OK\r\nX-Long: ${LONG}\r\nContent-Length: 0\r\n\r\n`);
  const { edge } = await limited(t, { responseHeaders: 1_024 }, long);
  assert.match(await send(edge, post('', '')), /x-islet-explain: traffic\.limits\.responseHeaders\r\n/);
  const told = await cannedInstance(t, 'HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n');
  const other = await limited(t, { responseBody: 2_048 }, told);
  const head = 'HEAD / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n';
  assert.match(await send(other.edge, head), /^HTTP\/1\.1 200 OK\r\n[\s\S]*Content-Length: 1000000\r\n/);
});
