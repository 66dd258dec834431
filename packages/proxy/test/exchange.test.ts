import assert from 'node:assert/strict';
import { Agent, get, request } from 'node:http';
import { connect } from 'node:net';
import { test } from 'node:test';
import { cannedInstance, httpInstance, rawInstance, send, until, world } from './world.ts';

const GET = 'GET /orders/7?x HTTP/1.1\r\nHost: h\r\n';

function bodyOf(response: string): string {
  return response.slice(response.indexOf('\r\n\r\n') + 4);
}

test('with no ready instance the answer is a 503 that says why', async (t) => {
  const { gateway } = await world(t, []);
  const response = await send(gateway, `${GET}Connection: close\r\n\r\n`);
  assert.match(response, /^HTTP\/1\.1 503 Service Unavailable\r\n/);
  assert.match(response, /\r\nContent-Type: application\/json\r\n/);
  assert.match(response, /\r\nRetry-After: 1\r\n/);
  assert.match(response, /\r\nx-islet-error: no-ready-instance\r\n/);
  const { error } = JSON.parse(bodyOf(response));
  assert.equal(error.code, 'no-ready-instance');
  assert.equal(error.service, 'orders');
  assert.match(error.hint, /islet status/);
});

test('an instance that refuses is answered for with 503, for POST as for GET', async (t) => {
  const dead = await httpInstance(t, () => undefined);
  dead.kill();
  const { gateway, plane } = await world(t, [dead]);
  for (const method of ['GET', 'POST']) {
    const response = await send(gateway, `${method} /orders HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n`);
    assert.match(response, /^HTTP\/1\.1 503 [\s\S]*x-islet-error: no-instance-reachable/);
  }
  assert.equal(plane.readStats().edges[0]?.errors['no-instance-reachable'], 2);
});

test('an unknown route is a 404 with a reason, and the connection goes on', async (t) => {
  const instance = await httpInstance(t, (_, response) => response.end('found'));
  const { gateway } = await world(t, [instance]);
  const response = await send(gateway, `GET /nothing HTTP/1.1\r\nHost: h\r\n\r\n${GET}Connection: close\r\n\r\n`);
  assert.match(response, /^HTTP\/1\.1 404 [\s\S]*x-islet-error: no-route[\s\S]*HTTP\/1\.1 200 [\s\S]*found$/);
});

test('a path with a dot segment never reaches a service', async (t) => {
  let reached = 0;
  const instance = await httpInstance(t, (_, response) => response.end(String(reached++)));
  const { gateway } = await world(t, [instance]);
  for (const path of [
    '/orders/../x',
    '/orders/%2e%2E/x',
    '/orders/..',
    '/orders/.',
    '/orders/..;/x',
    '/orders\\..\\x',
  ]) {
    const response = await send(gateway, `GET ${path} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n`);
    assert.match(response, /^HTTP\/1\.1 400 /, path);
  }
  assert.equal(reached, 0);
});

test('a request and its response cross whole, in either framing', async (t) => {
  const instance = await httpInstance(t, async (incoming, response) => {
    let body = '';
    for await (const chunk of incoming) body += chunk;
    if (incoming.url?.includes('sized')) response.setHeader('content-length', body.length);
    response.end(body);
  });
  const { gateway } = await world(t, [instance]);
  const big = 'x'.repeat(300_000);
  for (const url of ['/orders/sized', '/orders/unsized']) {
    for (const headers of [{ 'content-length': big.length }, { 'transfer-encoding': 'chunked' }]) {
      const echoed = await new Promise<string>((resolve, reject) => {
        const outgoing = request(
          { port: gateway, path: url, method: 'POST', headers, agent: false },
          async (response) => {
            let body = '';
            for await (const chunk of response) body += chunk;
            resolve(body);
          },
        );
        outgoing.on('error', reject);
        outgoing.end(big);
      });
      assert.equal(echoed, big);
    }
  }
});

test('trailers cross in both directions, but none that would frame or vouch', async (t) => {
  const instance = await httpInstance(t, async (incoming, response) => {
    for await (const _ of incoming);
    response.setHeader('trailer', 'x-sum');
    response.write('a');
    response.addTrailers({ 'x-sum': incoming.trailers['x-sum'] ?? 'none', 'x-islet-caller': 'spoofed' });
    response.end();
  });
  const { edge } = await world(t, [instance]);
  const response = await send(
    edge,
    'POST / HTTP/1.1\r\nHost: h\r\nTE: trailers\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n' +
      '1\r\na\r\n0\r\nX-Sum: 42\r\nContent-Length: 3\r\n\r\n',
  );
  assert.match(response, /\r\n1\r\na\r\n0\r\nx-sum: 42\r\n\r\n$/);
});

test('pipelined requests are answered in order, however slow the first is', async (t) => {
  const instance = await httpInstance(t, (incoming, response) => {
    if (incoming.url === '/1') setImmediate(() => setImmediate(() => response.end('first.')));
    else response.end(incoming.url === '/2' ? 'second.' : 'third.');
  });
  const { edge } = await world(t, [instance]);
  const one = (path: string, more = '') => `GET ${path} HTTP/1.1\r\nHost: h\r\n${more}\r\n`;
  const response = await send(edge, one('/1') + one('/2') + one('/3', 'Connection: close\r\n'));
  assert.match(response, /first\.[\s\S]*second\.[\s\S]*third\.$/);
});

test('a client that ends its side after the request still gets its answer', async (t) => {
  const instance = await httpInstance(t, (_, response) => setImmediate(() => response.end('answer')));
  const { edge } = await world(t, [instance]);
  assert.match(await send(edge, 'GET / HTTP/1.1\r\nHost: h\r\n\r\n', { half: true }), /answer$/);
});

test('a client that ends in the middle of a pipelined request leaves nothing in flight', async (t) => {
  const pending: (() => void)[] = [];
  const instance = await httpInstance(t, (incoming, response) => {
    if (incoming.url === '/first') pending.push(() => response.end('answer'));
  });
  const { edge, plane } = await world(t, [instance]);
  const half = 'POST /second HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nsome';
  const response = send(edge, `GET /first HTTP/1.1\r\nHost: h\r\n\r\n${half}`, { half: true });
  await until(() => pending.length === 1);
  await new Promise((resolve) => setTimeout(resolve, 50));
  pending[0]?.();
  assert.match(await response, /answer$/);
  await until(() => plane.stats.inFlight === 0);
});

test('HEAD, 204 and 304 have no body, and HEAD keeps the length it tells of', async (t) => {
  const instance = await httpInstance(t, (incoming, response) => {
    response.statusCode = Number(incoming.url?.slice(1));
    response.setHeader('content-length', incoming.method === 'HEAD' ? 5 : 0);
    if (response.statusCode === 204) response.removeHeader('content-length');
    response.end();
  });
  const { edge } = await world(t, [instance]);
  const one = (line: string, more = '') => `${line} HTTP/1.1\r\nHost: h\r\n${more}\r\n`;
  const response = await send(edge, one('HEAD /200') + one('GET /204') + one('GET /304', 'Connection: close\r\n'));
  assert.match(
    response,
    /^HTTP\/1\.1 200 [\s\S]*Content-Length: 5[\s\S]*HTTP\/1\.1 204 [\s\S]*HTTP\/1\.1 304 [\s\S]*\r\n\r\n$/,
  );
});

test('Expect: 100-continue waits for the instance, and the body follows', async (t) => {
  const instance = await httpInstance(t, (incoming, response) => void incoming.pipe(response));
  const { edge } = await world(t, [instance]);
  const socket = connect(edge, '127.0.0.1').setEncoding('latin1');
  let received = '';
  socket.on('data', (text: string) => {
    received += text;
  });
  socket.write('POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 2\r\nConnection: close\r\n\r\n');
  await until(() => received.startsWith('HTTP/1.1 100 Continue\r\n\r\n'));
  socket.write('ok');
  await new Promise((resolve) => socket.on('close', resolve));
  assert.match(received, /HTTP\/1\.1 200 [\s\S]*2\r\nok\r\n0\r\n\r\n$/);
});

test('early hints cross before the answer, except to HTTP/1.0', async (t) => {
  const instance = await httpInstance(t, (_, response) => {
    response.writeEarlyHints({ link: '</a.css>; rel=preload' });
    response.end('done');
  });
  const { edge } = await world(t, [instance]);
  const modern = await send(edge, 'GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n');
  assert.match(modern, /^HTTP\/1\.1 103 Early Hints\r\nLink: [\s\S]*HTTP\/1\.1 200 /);
  assert.match(await send(edge, 'GET / HTTP/1.0\r\n\r\n'), /^HTTP\/1\.1 200 /);
});

test('HTTP/1.0 gets a body that ends with the connection', async (t) => {
  const instance = await httpInstance(t, (_, response) => {
    response.write('not ');
    response.end('chunked');
  });
  const { edge } = await world(t, [instance]);
  const response = await send(edge, 'GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n');
  assert.match(response, /\r\nConnection: close\r\n\r\nnot chunked$/);
});

test('a response that ends with its connection is chunked for the client', async (t) => {
  const instance = await cannedInstance(t, 'HTTP/1.1 200 OK\r\n\r\nuntil the end');
  const { edge } = await world(t, [instance]);
  const response = await send(edge, 'GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n');
  assert.match(response, /Transfer-Encoding: chunked\r\n[\s\S]*\r\nd\r\nuntil the end\r\n0\r\n\r\n$/);
});

const garbage = [
  ['something that is not HTTP', 'SSH-2.0-x\r\n\r\n'],
  ['nothing but part of a head', 'HTTP/1.1 200 OK\r\nContent-'],
] as const;

for (const [what, response] of garbage) {
  test(`an instance that sends ${what} is a 502`, async (t) => {
    const { edge } = await world(t, [await cannedInstance(t, response)]);
    const answer = await send(edge, 'GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n');
    assert.match(answer, /^HTTP\/1\.1 502 Bad Gateway\r\n/);
  });
}

test('a response that breaks off breaks the connection of the client', async (t) => {
  const instance = await cannedInstance(t, 'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf');
  const { edge, plane } = await world(t, [instance]);
  const response = await send(edge, 'GET / HTTP/1.1\r\nHost: h\r\n\r\n');
  assert.match(response, /half$/);
  const { edges, instances } = plane.readStats();
  assert.deepEqual([edges[0]?.errors, instances[0]?.errors], [{ 'response-cut': 1 }, { 'response-cut': 1 }]);
});

test('a length that lies poisons only its own connection', async (t) => {
  const instance = await rawInstance(t, (socket) => {
    socket.on('data', () => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\n\r\nevil'));
  });
  const { edge } = await world(t, [instance]);
  const one = 'GET / HTTP/1.1\r\nHost: h\r\n';
  const response = await send(edge, `${one}\r\n${one}Connection: close\r\n\r\n`);
  assert.doesNotMatch(response, /evil/);
});

test('an answer before the end of the request reaches the client, and the connection ends', async (t) => {
  const instance = await httpInstance(t, (_, response) => {
    response.writeHead(413, { 'content-length': 8 });
    response.end('too much');
  });
  const { edge } = await world(t, [instance]);
  const socket = connect(edge, '127.0.0.1').setEncoding('latin1');
  let received = '';
  socket.on('data', (text: string) => {
    received += text;
  });
  socket.write('POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1000000\r\n\r\nsome');
  await new Promise((resolve) => socket.on('end', resolve));
  socket.destroy();
  assert.match(received, /^HTTP\/1\.1 413 [\s\S]*Connection: close\r\n[\s\S]*too much$/);
});

test('connections to an instance are kept, and used again', async (t) => {
  let connections = 0;
  const instance = await httpInstance(t, (_, response) => response.end('ok'));
  const { edge } = await world(t, [instance]);
  const agent = new Agent({ keepAlive: true });
  t.after(() => agent.destroy());
  for (let count = 0; count < 20; count++) {
    await new Promise((resolve) => get({ port: edge, agent }, (response) => response.resume().on('end', resolve)));
    connections = Math.max(connections, instance.sockets.size);
  }
  assert.equal(connections, 1);
});

test('a client that leaves takes its request with it', async (t) => {
  let aborted = 0;
  const instance = await httpInstance(t, (incoming) => {
    incoming.on('close', () => {
      aborted++;
    });
    client.destroy();
  });
  const { edge, plane } = await world(t, [instance]);
  const client = connect(edge, '127.0.0.1');
  client.write('GET / HTTP/1.1\r\nHost: h\r\n\r\n');
  await until(() => aborted === 1);
  await until(() => plane.stats.inFlight === 0);
  assert.equal(plane.readStats().edges[0]?.errors['client-gone'], 1);
  assert.deepEqual(plane.inFlight, {});
});
