import assert from 'node:assert/strict';
import { once } from 'node:events';
import { constants, type ServerHttp2Stream } from 'node:http2';
import { test } from 'node:test';
import { answerOf, ask, begin, http2Client, http2Instance } from './http2-world.ts';
import { cannedInstance, endpointAt, httpInstance, rawInstance, send, until, world } from './world.ts';

test('a client of HTTP/2 reaches a service of HTTP/1.1, with what the gateway says of it', async (t) => {
  const instance = await httpInstance(t, (request, response) => {
    let body = '';
    request.on('data', (bytes) => {
      body += bytes;
    });
    request.on('end', () => {
      response.setHeader('Set-Cookie', ['a=1', 'b=2']);
      const { method, url, headers, headersDistinct } = request;
      response.end(JSON.stringify({ method, url, headers, cookies: headersDistinct.cookie, body }));
    });
  });
  const { edge } = await world(t, [instance]);
  const client = await http2Client(t, edge);
  const headers = { cookie: ['x=1', 'y=2'], 'x-islet-caller': 'evil', 'x-mine': 'kept' };
  const answer = await ask(client, '/a?b', { headers, body: 'hello' });
  assert.equal(answer.status, 200);
  assert.deepEqual(answer.headers['set-cookie'], ['a=1', 'b=2']);
  const seen = JSON.parse(answer.body);
  assert.deepEqual([seen.method, seen.url, seen.body], ['POST', '/a?b', 'hello']);
  assert.deepEqual(seen.cookies, ['x=1; y=2'], 'what comes in pieces is one field of HTTP/1.1 (RFC 9113, 8.2.3)');
  assert.equal(seen.headers['x-islet-caller'], 'web');
  assert.equal(seen.headers['x-mine'], 'kept');
  assert.equal(seen.headers['transfer-encoding'], 'chunked');
});

test('many streams of one connection are balanced one by one, and none waits for another', async (t) => {
  const names = ['a', 'b'];
  const instances = await Promise.all(
    names.map((name) =>
      http2Instance(t, (stream, headers) => {
        if (headers[':path'] === '/slow') return;
        stream.respond({ ':status': 200 });
        stream.end(name);
      }),
    ),
  );
  const { edge } = await world(t, instances, 'grpc');
  const client = await http2Client(t, edge);
  begin(client, '/slow');
  const answers = await Promise.all(Array.from({ length: 60 }, () => ask(client, '/fast')));
  const counts = names.map((name) => answers.filter(({ body }) => body === name).length);
  assert.equal(counts[0]! + counts[1]!, 60);
  assert.ok(Math.min(...counts) >= 15, `both serve: ${counts}`);
  assert.ok(instances.every(({ sockets }) => sockets.size === 1));
});

test('a client of HTTP/1.1 reaches a service of HTTP/2, with trailers', async (t) => {
  const instance = await http2Instance(t, (stream, headers) => {
    stream.respond(
      { ':status': 200, 'x-path': headers[':path'], 'x-host': headers[':authority'] },
      { waitForTrailers: true },
    );
    stream.on('wantTrailers', () => stream.sendTrailers({ 'x-end': 'yes' }));
    stream.end('body');
  });
  const { edge } = await world(t, [instance], 'grpc');
  const answer = await send(edge, 'GET /p HTTP/1.1\r\nHost: shop.example\r\nConnection: close\r\n\r\n');
  assert.match(answer, /^HTTP\/1\.1 200 OK\r\n/);
  assert.match(answer, /x-path: \/p\r\nx-host: shop\.example\r\n/);
  assert.match(answer, /4\r\nbody\r\n0\r\nx-end: yes\r\n\r\n$/);
});

test('HTTP/1.1 and HTTP/2 are told apart by the first bytes, however they are split', async (t) => {
  const instance = await cannedInstance(t, 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
  const { edge } = await world(t, [instance]);
  const post = 'POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\nConnection: close\r\n\r\n';
  assert.match(await send(edge, post), /ok$/);
  assert.match(await send(edge, post.replace('POST', 'PRINT')), /ok$/);
  const client = await http2Client(t, edge);
  assert.equal((await ask(client, '/')).body, 'ok');
});

test('a big body crosses both ways, and a side that is not read holds back the other', async (t) => {
  const big = Buffer.alloc(8 * 1024 * 1024, 'x');
  let come = 0;
  const instance = await http2Instance(t, (stream, headers) => {
    if (headers[':path'] === '/unread') {
      stream.respond({ ':status': 200 });
      stream.pause();
      return;
    }
    stream.on('data', (bytes: Buffer) => {
      come += bytes.length;
    });
    stream.on('end', () => {
      stream.respond({ ':status': 200 });
      stream.end(big);
    });
  });
  const { edge } = await world(t, [instance], 'grpc');
  const client = await http2Client(t, edge);
  const answer = await ask(client, '/read', { body: big });
  assert.equal(come, big.length);
  assert.equal(answer.body.length, big.length);
  const held = begin(client, '/unread', { method: 'POST', headers: { 'content-length': String(big.length) } });
  held.on('error', () => undefined);
  let sent = 0;
  const push = () => {
    while (sent < big.length && held.write(big.subarray(0, 65_536))) sent += 65_536;
  };
  held.on('drain', push);
  push();
  await ask(client, '/read', { body: 'small' });
  assert.ok(sent < big.length / 2, `${sent} bytes were taken though nobody reads them`);
});

test('a client that resets its stream resets the one to the instance, whose request never looks whole', async (t) => {
  let seen: ServerHttp2Stream | undefined;
  let wasWhole = false;
  const instance = await http2Instance(t, (stream) => {
    seen = stream;
    stream.on('end', () => {
      wasWhole = stream.rstCode === constants.NGHTTP2_NO_ERROR;
    });
    stream.resume();
  });
  const { edge, plane } = await world(t, [instance], 'grpc');
  const client = await http2Client(t, edge);
  const stream = begin(client, '/', { method: 'POST' });
  stream.on('error', () => undefined);
  stream.write('a part');
  await until(() => seen !== undefined);
  stream.destroy(new Error('left'));
  await until(() => seen?.closed === true);
  assert.deepEqual([seen?.rstCode, wasWhole], [constants.NGHTTP2_CANCEL, false]);
  await until(() => plane.stats.inFlight === 0);
  assert.deepEqual(plane.readStats().edges[0]?.errors, { 'client-gone': 1 });
});

for (const [how, headers] of [
  ['of unknown length', {}],
  ['of known length', { 'content-length': '100' }],
] as const) {
  test(`a response ${how} that breaks off is reset for the client too, and never looks whole`, async (t) => {
    const instance = await http2Instance(t, (stream) => {
      stream.respond({ ':status': 200, ...headers }, { waitForTrailers: true });
      stream.write('begun');
      stream.on('end', () => stream.destroy(new Error('broken'))).resume();
    });
    const dying = await rawInstance(t, (socket) => {
      socket.once('data', () => socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nbegun\r\n'));
      socket.on('end', () => socket.destroy());
    });
    for (const [protocol, one] of [
      ['grpc', instance],
      ['http', dying],
    ] as const) {
      const { edge, plane } = await world(t, [one], protocol);
      const client = await http2Client(t, edge);
      const stream = begin(client, '/', {
        method: 'POST',
        headers: protocol === 'http' ? { 'content-length': '0' } : {},
      });
      const answer = answerOf(stream, undefined);
      await once(stream, 'response');
      stream.end();
      if (protocol === 'http') dying.kill();
      assert.deepEqual(await answer.then(({ status, body, reset }) => [status, body, reset]), [200, 'begun', 2]);
      await until(() => plane.stats.inFlight === 0);
      assert.deepEqual(plane.readStats().edges[0]?.errors, { 'response-cut': 1 });
    }
  });
}

test('an answer that comes before the request has ended tells the client to stop', async (t) => {
  const instance = await http2Instance(t, (stream) => {
    stream.respond({ ':status': 413 });
    stream.end('no');
  });
  const { edge } = await world(t, [instance], 'grpc');
  const client = await http2Client(t, edge);
  const stream = begin(client, '/', { method: 'POST' });
  stream.write('first');
  const answer = await new Promise<number>((resolve) => {
    stream.on('response', (headers) => stream.on('close', () => resolve(headers[':status'] ?? 0)));
    stream.resume();
  });
  assert.equal(answer, 413);
});

test('a stream that the instance refuses, or says goodbye before, is sent again whatever its method', async (t) => {
  let refused = 0;
  const refusing = await http2Instance(t, (stream) => {
    refused++;
    stream.close(constants.NGHTTP2_REFUSED_STREAM);
  });
  const { edge, publish } = await world(t, [refusing], 'grpc');
  const well = await http2Instance(t, (stream) => {
    stream.respond({ ':status': 200 });
    stream.end('well');
  });
  await publish(endpointAt(refusing.port), endpointAt(well.port));
  const client = await http2Client(t, edge);
  for (let call = 0; call < 20; call++) assert.equal((await ask(client, '/', { body: 'x' })).body, 'well');
  assert.ok(refused > 0);
  await publish(endpointAt(well.port));
  well.goAway();
  for (let call = 0; call < 20; call++) assert.equal((await ask(client, '/', { body: 'x' })).body, 'well');
});

test('where an instance takes few streams at once, more connections are opened, and the rest wait', async (t) => {
  let most = 0;
  let now = 0;
  const instance = await http2Instance(
    t,
    (stream) => {
      now++;
      most = Math.max(most, now);
      setTimeout(() => {
        now--;
        stream.respond({ ':status': 200 });
        stream.end('ok');
      }, 5);
    },
    { maxConcurrentStreams: 3 },
  );
  const { edge } = await world(t, [instance], 'grpc');
  const client = await http2Client(t, edge);
  await ask(client, '/');
  const answers = await Promise.all(Array.from({ length: 50 }, () => ask(client, '/')));
  assert.ok(answers.every(({ body }) => body === 'ok'));
  assert.ok(instance.sockets.size > 1 && instance.sockets.size <= 4);
  assert.ok(most <= 12, `${most} at once`);
});

test('an error of the proxy is JSON over HTTP/2 too, and HEAD has none', async (t) => {
  const { edge, gateway } = await world(t, [], 'grpc');
  const client = await http2Client(t, edge);
  const answer = await ask(client, '/');
  assert.deepEqual([answer.status, answer.headers['x-islet-error']], [503, 'no-ready-instance']);
  assert.equal(JSON.parse(answer.body).error.code, 'no-ready-instance');
  const head = await ask(client, '/', { method: 'HEAD' });
  assert.deepEqual([head.status, head.body], [503, '']);
  const open = await http2Client(t, gateway);
  assert.equal((await ask(open, '/nowhere')).status, 404);
});

test('a listener that closes says goodbye, and what was sent before is answered', async (t) => {
  const held: ServerHttp2Stream[] = [];
  const instance = await http2Instance(t, (stream) => void held.push(stream));
  const { edge, change, listeners, plane } = await world(t, [instance], 'grpc');
  const client = await http2Client(t, edge);
  const answer = ask(client, '/before');
  await until(() => held.length === 1);
  const goodbye = once(client, 'goaway');
  await change({ listeners: listeners.filter(({ kind }) => kind !== 'edge') });
  const [code, lastStream] = await goodbye;
  assert.deepEqual([code, lastStream], [0, 2 ** 31 - 1]);
  held[0]?.respond({ ':status': 200 });
  held[0]?.end('ok');
  assert.equal((await answer).body, 'ok');
  await until(() => plane.stats.inFlight === 0);
});
