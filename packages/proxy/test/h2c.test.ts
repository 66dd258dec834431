import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Agent, request } from 'node:http';
import type { IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { type TestContext, test } from 'node:test';
import type { Endpoint } from '@islet/policy';
import { DEFAULT_TRAFFIC } from '@islet/spec/traffic';
import { CACHE } from './cache-world.ts';
import { ask, http2Client, http2Instance, type StreamHandler } from './http2-world.ts';
import { endpointAt, httpInstance, send, until, world } from './world.ts';

/* Services of `protocol: http` whose instances speak HTTP/2 without TLS. */

const CONTENT = { cache: CACHE, compress: { encodings: ['gzip'], minBytes: 1024, types: ['text/*'] } } as const;
const BYE = 'Host: h\r\nConnection: close\r\n\r\n';

async function h2cWorld(t: TestContext, handlers: readonly StreamHandler[], traffic = DEFAULT_TRAFFIC) {
  const instances = await Promise.all(handlers.map((handler) => http2Instance(t, handler)));
  const made = await world(t, [], 'http', { traffic });
  await made.publish(...instances.map(({ port }) => spoken(endpointAt(port))));
  return { ...made, instances };
}

function spoken(endpoint: Endpoint): Endpoint {
  return { ...endpoint, http2: true };
}

function answers(body: string, fields: Record<string, string> = {}, status = 200): StreamHandler {
  return (stream) => {
    stream.respond({ ':status': status, ...fields });
    stream.end(body);
  };
}

/** Tells what has come. */
function tells(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): void {
  let body = '';
  stream.setEncoding('utf8');
  stream.on('data', (more: string) => {
    body += more;
  });
  stream.on('end', () => {
    stream.respond({ ':status': 200, 'content-type': 'application/json' });
    stream.end(JSON.stringify({ headers, body }));
  });
}

test('requests of one kept connection of HTTP/1.1 are balanced one by one over instances of HTTP/2', async (t) => {
  const { edge, instances } = await h2cWorld(t, [answers('a'), answers('b')]);
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  t.after(() => agent.destroy());
  const bodies: string[] = [];
  for (let count = 0; count < 40; count++) {
    const outgoing = request({ host: '127.0.0.1', port: edge, agent }).end();
    const [response] = await once(outgoing, 'response');
    bodies.push(await text(response));
  }
  const counts = ['a', 'b'].map((name) => bodies.filter((body) => body === name).length);
  assert.equal(counts[0]! + counts[1]!, 40);
  assert.ok(Math.min(...counts) >= 10, `both serve: ${counts}`);
  assert.ok(
    instances.every(({ sockets }) => sockets.size === 1),
    'one connection carries all of an instance',
  );
});

test('fields, bodies and methods cross whole, whatever the client speaks', async (t) => {
  const { edge } = await h2cWorld(t, [tells]);
  const chunked = `POST /p?q HTTP/1.1\r\nX-Mine: kept\r\nTransfer-Encoding: chunked\r\n${BYE}5\r\nhello\r\n0\r\n\r\n`;
  const seen = JSON.parse((await send(edge, chunked)).replace(/^[^{]*/s, '').replace(/}[^}]*$/s, '}'));
  assert.equal(seen.body, 'hello');
  assert.equal(seen.headers[':path'], '/p?q');
  assert.equal(seen.headers['x-mine'], 'kept');
  assert.equal(seen.headers['x-islet-caller'], 'web');
  assert.equal(seen.headers.connection, undefined);
  const client = await http2Client(t, edge);
  const answer = await ask(client, '/two', { body: 'x'.repeat(300_000) });
  assert.equal(JSON.parse(answer.body).body.length, 300_000);
  const head = await send(edge, `HEAD / HTTP/1.1\r\n${BYE}`);
  assert.match(head, /^HTTP\/1\.1 200 OK\r\n/);
  assert.match(head, /\r\n\r\n$/, 'an answer to HEAD has no body');
});

test('an answer that is a head alone is empty to a client of HTTP/1.1, which would wait for more', async (t) => {
  const alone: StreamHandler = (stream, headers) =>
    stream.respond({ ':status': Number(headers[':path']?.slice(1)) }, { endStream: true });
  const { edge } = await h2cWorld(t, [alone]);
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  t.after(() => agent.destroy());
  const lengthOf = async (method: string, status: number) => {
    const outgoing = request({ host: '127.0.0.1', port: edge, agent, method, path: `/${status}` }).end();
    const [response] = await once(outgoing, 'response', { signal: AbortSignal.timeout(60_000) });
    assert.deepEqual([response.statusCode, await text(response)], [status, '']);
    return response.headers['content-length'];
  };
  assert.equal(await lengthOf('GET', 404), '0');
  assert.equal(await lengthOf('POST', 302), '0');
  assert.equal(await lengthOf('HEAD', 200), undefined);
  assert.equal(await lengthOf('GET', 204), undefined);
  assert.equal(await lengthOf('GET', 304), undefined);
});

test('while one revision takes over from another, each instance is asked in what it speaks', async (t) => {
  const old = await httpInstance(t, (_, response) => response.end('old'));
  const young = await http2Instance(t, answers('young'));
  const { edge, publish } = await world(t, [old]);
  await publish(endpointAt(old.port), spoken({ ...endpointAt(young.port), revision: 'b' }));
  const all = await Promise.all(Array.from({ length: 60 }, () => send(edge, `GET / HTTP/1.1\r\n${BYE}`)));
  assert.ok(
    all.every((answer) => answer.startsWith('HTTP/1.1 200 ')),
    all.find((answer) => !answer.includes(' 200 ')),
  );
  assert.ok(
    ['old', 'young'].every((name) => all.some((answer) => answer.includes(name))),
    'both are asked',
  );
});

test('what fails at one instance is asked of the other, and an instance that dies is no failed request', async (t) => {
  const refuses = answers('not now', {}, 503);
  const { edge, instances, plane } = await h2cWorld(t, [refuses, answers('well')]);
  for (let count = 0; count < 10; count++) assert.match(await send(edge, `GET / HTTP/1.1\r\n${BYE}`), / 200 OK/);
  instances[0]?.kill();
  for (let count = 0; count < 10; count++) assert.match(await send(edge, `GET / HTTP/1.1\r\n${BYE}`), / 200 OK/);
  const [tries] = plane.readStats().edges.filter(({ from }) => from.kind === 'edge');
  assert.equal(tries?.requests, 20);
});

test('responses are stored and compressed as those of any http service', async (t) => {
  let asked = 0;
  const handler: StreamHandler = (stream, headers) => {
    asked++;
    answers('x'.repeat(4_000), { 'cache-control': 'max-age=60', 'content-type': 'text/plain' })(stream, headers);
  };
  const traffic = { ...DEFAULT_TRAFFIC, ...CONTENT };
  const { edge } = await h2cWorld(t, [handler], traffic);
  const get = `GET /a HTTP/1.1\r\nAccept-Encoding: gzip\r\n${BYE}`;
  const [first, second] = [await send(edge, get), await send(edge, get)];
  assert.match(first, /content-encoding: gzip/i);
  assert.match(second, /\r\nage: /i);
  assert.equal(asked, 1);
});

test('trailers that follow a body of known length reach a client of HTTP/1.1, as those of any', async (t) => {
  const { edge } = await h2cWorld(t, [
    (stream) => {
      stream.respond({ ':status': 200, 'content-length': 5, trailer: 'x-sum' }, { waitForTrailers: true });
      stream.on('wantTrailers', () => stream.sendTrailers({ 'x-sum': '532' }));
      stream.end('hello');
    },
  ]);
  const answer = await send(edge, `GET / HTTP/1.1\r\n${BYE}`);
  assert.match(answer, /\r\nTransfer-Encoding: chunked\r\n[\s\S]*\r\n0\r\nx-sum: 532\r\n\r\n$/i);
  assert.doesNotMatch(answer, /content-length/i);
  assert.match(
    await send(edge, 'GET / HTTP/1.0\r\nHost: h\r\n\r\n'),
    /\r\nContent-Length: 5\r\n[\s\S]*\r\n\r\nhello$/i,
  );
});

test('a request to switch protocols is an ordinary one, as HTTP/2 has no such thing', async (t) => {
  const { edge } = await h2cWorld(t, [tells]);
  const upgrade = 'GET /ws HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n';
  const socket = connect(edge, '127.0.0.1');
  t.after(() => socket.destroy());
  let received = '';
  socket.on('data', (bytes: Buffer) => {
    received += bytes.toString('latin1');
  });
  socket.write(upgrade);
  await until(() => received.includes('}'));
  assert.match(received, /^HTTP\/1\.1 200 OK\r\n/);
  assert.doesNotMatch(received, /"upgrade"/);
});

test('an instance that speaks HTTP/1.1 after all is not understood, and the next request fares no worse', async (t) => {
  const old = await httpInstance(t, (_, response) => response.end('old'));
  const made = await world(t, []);
  await made.publish(spoken(endpointAt(old.port)));
  for (let count = 0; count < 2; count++) {
    assert.match(await send(made.edge, `GET / HTTP/1.1\r\n${BYE}`), /^HTTP\/1\.1 50[23] /);
  }
  await made.publish(endpointAt(old.port, 'orders-b.0-1'));
  assert.match(await send(made.edge, `GET / HTTP/1.1\r\n${BYE}`), / 200 OK/);
});
