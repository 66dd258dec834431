import assert from 'node:assert/strict';
import type { IncomingHttpHeaders } from 'node:http';
import { test } from 'node:test';
import { cannedInstance, httpInstance, send, world } from './world.ts';

interface Seen {
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
}

/** What the instance got of a request with these header lines. */
async function seen(port: number, lines: string, target = '/', host = 'known.example'): Promise<Seen> {
  const response = await send(port, `GET ${target} HTTP/1.1\r\nHost: ${host}\r\n${lines}Connection: close\r\n\r\n`);
  return JSON.parse(response.slice(response.indexOf('\r\n\r\n') + 4));
}

const mirror = (incoming: { url?: string | undefined; headers: IncomingHttpHeaders }) =>
  JSON.stringify({ url: incoming.url, headers: incoming.headers });

async function mirrored(t: Parameters<typeof world>[0]) {
  const instance = await httpInstance(t, (incoming, response) => {
    const body = mirror(incoming);
    response.setHeader('content-length', body.length);
    response.end(body);
  });
  return world(t, [instance]);
}

test('what the public says of its own origin is dropped at the gateway', async (t) => {
  const { gateway } = await mirrored(t);
  const lies =
    'X-Forwarded-For: 6.6.6.6\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Host: evil\r\nX-Islet-Caller: web\r\n';
  const { headers } = await seen(gateway, lies);
  assert.equal(headers['x-forwarded-for'], '127.0.0.1');
  assert.equal(headers['x-forwarded-proto'], 'http');
  assert.equal(headers['x-forwarded-host'], 'known.example');
  assert.equal(headers['x-islet-caller'], undefined);
});

test('what a framework would read as a field of the proxy or of another proxy is dropped as well', async (t) => {
  const { gateway, edge } = await mirrored(t);
  const lies =
    'X_Islet_Caller: web\r\nX-Islet_Caller: web\r\nX_Forwarded_For: 6.6.6.6\r\nContent_Length: 9\r\nx_kept: k\r\n';
  const elsewhere =
    'Forwarded: for=6.6.6.6;host=evil\r\nX-Forwarded-Port: 1\r\nX-Forwarded-Prefix: /p\r\nX-Real-IP: 6.6.6.6\r\n';
  const { headers } = await seen(gateway, lies + elsewhere);
  const { headers: inside } = await seen(edge, lies + elsewhere);
  for (const name of ['x_islet_caller', 'x-islet_caller', 'x_forwarded_for', 'content_length']) {
    assert.deepEqual([headers[name], inside[name]], [undefined, undefined], name);
  }
  for (const name of ['forwarded', 'x-forwarded-port', 'x-forwarded-prefix', 'x-real-ip']) {
    assert.equal(headers[name], undefined, name);
    assert.notEqual(inside[name], undefined, name);
  }
  assert.equal(headers.x_kept, 'k');
});

test('a host written in full, with the dot at its end, is the same host', async (t) => {
  const { gateway } = await mirrored(t);
  assert.equal((await seen(gateway, '', '/', 'known.example.:80')).headers.host, 'known.example.:80');
});

test('an edge passes on where a request came from, and names its caller', async (t) => {
  const { edge } = await mirrored(t);
  const { headers } = await seen(
    edge,
    'X-Forwarded-For: 1.2.3.4\r\nX-Forwarded-Proto: https\r\nX-Islet-Caller: admin\r\n',
  );
  assert.equal(headers['x-forwarded-for'], '1.2.3.4, 127.0.0.1');
  assert.equal(headers['x-forwarded-proto'], 'https');
  assert.equal(headers['x-islet-caller'], 'web');
});

test('a field that Connection lists ends here, and so does each hop-by-hop field', async (t) => {
  const { edge } = await mirrored(t);
  const { headers } = await seen(
    edge,
    'Connection: X-Secret, keep-alive\r\nX-Secret: s\r\nKeep-Alive: timeout=9\r\nProxy-Connection: a\r\nTE: gzip\r\nX-Kept: k\r\n',
  );
  for (const name of ['x-secret', 'keep-alive', 'proxy-connection', 'te']) assert.equal(headers[name], undefined, name);
  assert.equal(headers['x-kept'], 'k');
  assert.equal(headers.via, '1.1 islet');
});

test('Connection can take away neither the framing nor the Host', async (t) => {
  const { edge } = await mirrored(t);
  const { headers } = await seen(edge, 'Connection: host, content-length, x-forwarded-for\r\nContent-Length: 0\r\n');
  assert.equal(headers.host, 'known.example');
  assert.equal(headers['content-length'], '0');
  assert.equal(headers['x-forwarded-for'], '127.0.0.1');
});

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const traces = [
  ['a valid trace', `00-${TRACE}-00f067aa0ba902b7-00`, true],
  ['a trace of a later version', `01-${TRACE}-00f067aa0ba902b7-01-more`, true],
  ['a trace with capitals', `00-${TRACE.toUpperCase()}-00f067aa0ba902b7-01`, false],
  ['a trace of zeros', `00-${'0'.repeat(32)}-00f067aa0ba902b7-01`, false],
  ['a span of zeros', `00-${TRACE}-${'0'.repeat(16)}-01`, false],
  ['version ff', `ff-${TRACE}-00f067aa0ba902b7-01`, false],
  ['more than version 00 has', `00-${TRACE}-00f067aa0ba902b7-01-more`, false],
] as const;

for (const [what, traceparent, kept] of traces) {
  test(`${what} is ${kept ? 'gone on with, and its state passed on' : 'replaced, and its state dropped'}`, async (t) => {
    const { edge } = await mirrored(t);
    const { headers } = await seen(edge, `traceparent: ${traceparent}\r\ntracestate: a=b\r\n`);
    const [, trace, span] = String(headers.traceparent).split('-');
    assert.equal(trace === traceparent.slice(3, 35), kept);
    // The instance is a child of the proxy's try, and not of the caller.
    assert.notEqual(span, traceparent.slice(36, 52));
    assert.equal(headers.tracestate, kept ? 'a=b' : undefined);
    assert.match(String(headers.traceparent), /^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-0[01]/);
  });
}

test('a trace and a request id are begun where there is none, each time another', async (t) => {
  const { edge } = await mirrored(t);
  const [one, two] = [await seen(edge, ''), await seen(edge, '')];
  assert.match(String(one.headers.traceparent), /^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
  assert.match(String(one.headers['x-request-id']), /^[0-9a-f]{16}$/);
  assert.notEqual(one.headers.traceparent, two.headers.traceparent);
  assert.notEqual(one.headers['x-request-id'], two.headers['x-request-id']);
});

test('a request id is passed on, unless it could break a log line', async (t) => {
  const { edge } = await mirrored(t);
  assert.equal((await seen(edge, 'X-Request-Id: abc-1\r\n')).headers['x-request-id'], 'abc-1');
  assert.match(String((await seen(edge, 'X-Request-Id: a b"\r\n')).headers['x-request-id']), /^[0-9a-f]{16}$/);
});

test('a stripped route cuts its prefix, another passes the path on whole', async (t) => {
  const { gateway } = await mirrored(t);
  assert.equal((await seen(gateway, '', '/orders/7?x=%20', 'h:80')).url, '/7?x=%20');
  assert.equal((await seen(gateway, '', '/orders', 'h')).url, '/');
  assert.equal((await seen(gateway, '', '/anything?y')).url, '/anything?y');
});

test('x-islet-error of an instance is not passed on as ours', async (t) => {
  const response =
    'HTTP/1.1 200 OK\r\nX-Islet-Error: fake\r\nConnection: X-Hop\r\nX-Hop: 1\r\nContent-Length: 0\r\n\r\n';
  const { edge } = await world(t, [await cannedInstance(t, response)]);
  const answer = await send(edge, 'GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n');
  assert.doesNotMatch(answer, /fake|X-Hop/);
});
