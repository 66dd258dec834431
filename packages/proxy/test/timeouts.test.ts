import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DEFAULT_TRAFFIC } from '@islet/spec/traffic';
import { client, clocked } from './clocked.ts';
import { endpointAt, httpInstance, rawInstance, until, world } from './world.ts';

const GET = 'GET / HTTP/1.1\r\nHost: h\r\n\r\n';

test('a head that comes too slowly is refused with 408, however steadily it drips', async (t) => {
  const { edge, pass, plane } = await clocked(t, []);
  const { socket, seen } = client(t, edge, 'GET / HTTP/1.1\r\nHost: h\r\n');
  for (let second = 0; second < 12 && seen.text === ''; second++) {
    socket.write(`X-${second}: y\r\n`);
    await new Promise((resolve) => setTimeout(resolve, 20));
    pass(1_000);
  }
  await until(() => seen.text !== '');
  assert.match(seen.text, /^HTTP\/1\.1 408 [\s\S]*x-islet-error: request-timeout/);
  assert.equal(plane.readStats().edges[0]?.errors['request-timeout'], 1);
});

test('a connection on which nothing comes is closed without a word', async (t) => {
  const { edge, pass } = await clocked(t, [await httpInstance(t, (_, response) => response.end('ok'))]);
  const silent = client(t, edge, '');
  const kept = client(t, edge, GET);
  await until(() => kept.seen.text.endsWith('ok'));
  const before = kept.seen.text;
  pass(11_000);
  await until(() => silent.seen.ended);
  assert.equal(silent.seen.text, '');
  assert.equal(kept.seen.ended, false);
  pass(75_000);
  await until(() => kept.seen.ended);
  assert.equal(kept.seen.text, before);
});

test('where nobody sends a head in time, a second instance is asked after half of the time, and then it is a 504', async (t) => {
  let asked = 0;
  const hanging = () => httpInstance(t, () => void asked++);
  const { edge, pass, plane } = await clocked(t, [await hanging(), await hanging()]);
  const { seen } = client(t, edge, GET);
  await until(() => asked === 1);
  pass(7_500);
  await until(() => asked === 2);
  pass(7_499);
  assert.equal(seen.text, '');
  pass(1);
  await until(() => seen.text !== '');
  assert.match(
    seen.text,
    /^HTTP\/1\.1 504 [\s\S]*x-islet-error: response-timeout\r\nx-islet-explain: traffic\.timeout\.request/,
  );
  assert.equal(asked, 2);
  assert.deepEqual(plane.inFlight, {});
  const [edgeStats] = plane.readStats().edges;
  const decisions = { 'traffic.retry': 1, 'traffic.timeout.perTry': 1, 'traffic.timeout.request': 1 };
  assert.deepEqual(edgeStats?.decisions, decisions);
});

test('a request that can not be repeated, or has nobody else to ask, gets all of its time from one instance', async (t) => {
  const bodies: ((body: string) => void)[] = [];
  const late = () => httpInstance(t, (_, response) => void bodies.push((body) => response.end(body)));
  const { edge, pass, publish } = await clocked(t, [await late(), await late()]);
  const posted = client(t, edge, 'POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n');
  await until(() => bodies.length === 1);
  pass(14_000);
  bodies[0]?.('posted');
  await until(() => posted.seen.text.endsWith('posted'));
  const only = await late();
  await publish(endpointAt(only.port));
  const asked = client(t, edge, GET);
  await until(() => bodies.length === 2);
  pass(14_000);
  bodies[1]?.('asked');
  await until(() => asked.seen.text.endsWith('asked'));
  assert.equal(bodies.length, 2);
});

test('a table with another timeout holds for the next request, over the same connection', async (t) => {
  const asked: string[] = [];
  const hanging = await httpInstance(t, ({ url = '' }, response) => {
    asked.push(url);
    if (url === '/first') response.end('ok');
  });
  const { edge, pass, change } = await clocked(t, [hanging]);
  const { socket, seen } = client(t, edge, 'GET /first HTTP/1.1\r\nHost: h\r\n\r\n');
  await until(() => seen.text.endsWith('ok'));
  const timeout = { ...DEFAULT_TRAFFIC.timeout, requestMs: 200 };
  await change({ traffic: { ...DEFAULT_TRAFFIC, timeout } });
  socket.write('GET /second HTTP/1.1\r\nHost: h\r\n\r\n');
  await until(() => asked.length === 2);
  pass(200);
  await until(() => seen.text.includes(' 504 '));
});

test('a caller that has less time than the timeout is answered by its own deadline', async (t) => {
  let told: string | string[] | undefined;
  const hanging = await httpInstance(t, ({ headers }) => {
    told = headers['x-islet-deadline-ms'];
  });
  const { edge, pass } = await clocked(t, [hanging]);
  const { seen } = client(t, edge, 'GET / HTTP/1.1\r\nHost: h\r\nx-islet-deadline-ms: 1000\r\n\r\n');
  await until(() => told !== undefined);
  assert.equal(told, '950');
  pass(1_000);
  await until(() => seen.text !== '');
  assert.match(seen.text, /^HTTP\/1\.1 504 [\s\S]*x-islet-error: deadline-exceeded\r\nx-islet-explain: deadline\r\n/);
});

test('a caller that has no time left costs no instance anything', async (t) => {
  let asked = 0;
  const { edge } = await clocked(t, [await httpInstance(t, () => void asked++)]);
  const { seen } = client(t, edge, 'GET / HTTP/1.1\r\nHost: h\r\nx-islet-deadline-ms: 0\r\n\r\n');
  await until(() => seen.text !== '');
  assert.match(seen.text, /^HTTP\/1\.1 504 [\s\S]*x-islet-error: deadline-exceeded/);
  assert.equal(asked, 0);
});

test('the public can not set a deadline, and every instance is told one', async (t) => {
  const told: unknown[] = [];
  const instance = await httpInstance(t, ({ headers }, response) => {
    told.push(headers['x-islet-deadline-ms']);
    response.end('ok');
  });
  const { gateway } = await clocked(t, [instance]);
  const { seen } = client(t, gateway, 'GET /orders HTTP/1.1\r\nHost: h\r\nx-islet-deadline-ms: 1\r\n\r\n');
  await until(() => seen.text.endsWith('ok'));
  assert.deepEqual(told, ['14250']);
});

test('each service has its own patience for a connection and for silence', async (t) => {
  const echo = await rawInstance(t, (socket) => void socket.pipe(socket));
  const { edge, pass } = await clocked(t, [echo], 'tcp', { idleMs: 2_000 });
  const { seen } = client(t, edge, 'hello');
  await until(() => seen.text === 'hello');
  pass(2_000);
  await until(() => seen.ended);
});

test('a response that has begun may take its time, but not stand still for ever', async (t) => {
  const pieces: ((text: string) => void)[] = [];
  const instance = await httpInstance(t, (_, response) => {
    response.write('first');
    pieces.push((text) => response.write(text));
  });
  const { edge, pass, plane } = await clocked(t, [instance]);
  const { seen } = client(t, edge, GET);
  await until(() => seen.text.includes('first'));
  pass(200_000);
  pieces[0]?.('second');
  await until(() => seen.text.includes('second'));
  pass(200_000);
  pieces[0]?.('third');
  await until(() => seen.text.includes('third'));
  assert.equal(seen.ended, false);
  pass(301_000);
  await until(() => seen.ended);
  assert.doesNotMatch(seen.text, /\r\n0\r\n\r\n$/);
  assert.equal(plane.readStats().edges[0]?.errors['response-cut'], 1);
});

test('a body that stops coming is refused with 408, and the instance is let go', async (t) => {
  const instance = await httpInstance(t, () => undefined);
  const { edge, pass } = await clocked(t, [instance]);
  const { seen } = client(t, edge, 'POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nsome');
  await until(() => instance.sockets.size === 1);
  await new Promise((resolve) => setTimeout(resolve, 20));
  pass(301_000);
  await until(() => seen.text !== '');
  assert.match(seen.text, /^HTTP\/1\.1 408 /);
  await until(() => instance.sockets.size === 0);
});

test('a tunnel that stands still ends', async (t) => {
  const echo = await rawInstance(t, (socket) => void socket.pipe(socket));
  const { edge, pass, plane } = await clocked(t, [echo], 'tcp');
  const { seen } = client(t, edge, 'hello');
  await until(() => seen.text === 'hello');
  pass(301_000);
  await until(() => seen.ended);
  assert.equal(plane.stats.inFlight, 0);
});

test('a kept connection to an instance is closed when it has been idle for long', async (t) => {
  const instance = await rawInstance(t, (socket) => {
    socket.on('data', () => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'));
    socket.on('end', () => socket.end());
  });
  const { edge, pass } = await clocked(t, [instance]);
  const { seen } = client(t, edge, GET);
  await until(() => seen.text !== '');
  assert.equal(instance.sockets.size, 1);
  pass(56_000);
  await until(() => instance.sockets.size === 0);
});

test('a POST takes a new connection where the kept one may be about to close, a GET does not', async (t) => {
  let connections = 0;
  const instance = await rawInstance(t, (socket) => {
    connections++;
    socket.on('data', () => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'));
  });
  const { edge, pass } = await clocked(t, [instance]);
  const { socket, seen } = client(t, edge, GET);
  const answers = (count: number) => until(() => seen.text.split('200 OK').length === count + 1);
  await answers(1);
  pass(5_000);
  socket.write(GET);
  await answers(2);
  assert.equal(connections, 1);
  pass(5_000);
  socket.write('POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n');
  await answers(3);
  assert.equal(connections, 2);
});

test('an exception that nobody expected costs one connection, and is counted', async (t) => {
  let broken = true;
  const dice = () => {
    if (broken) throw new TypeError('inner detail');
    return 0;
  };
  const answer = () => httpInstance(t, (_, response) => response.end('ok'));
  const { edge, plane } = await world(t, [await answer(), await answer()], 'http', { dice });
  const first = client(t, edge, GET);
  await until(() => first.seen.ended);
  assert.match(first.seen.text, /^HTTP\/1\.1 500 [\s\S]*x-islet-error: internal/);
  assert.doesNotMatch(first.seen.text, /inner detail/);
  assert.equal(plane.readStats().unexpected, 1);
  assert.equal(plane.stats.inFlight, 0);
  broken = false;
  const second = client(t, edge, GET);
  await until(() => second.seen.text.includes('200 OK'));
});
