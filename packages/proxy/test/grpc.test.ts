import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { ServerHttp2Stream } from 'node:http2';
import { type TestContext, test } from 'node:test';
import { DEFAULT_TRAFFIC } from '@islet/spec/traffic';
import {
  answerCall,
  answerOf,
  ask,
  begin,
  GRPC,
  grpcMessageOf,
  http2Client,
  http2Instance,
  refuseCall,
  type StreamHandler,
} from './http2-world.ts';
import { endpointAt, httpInstance, until, world } from './world.ts';

const CALL = { headers: GRPC, body: Buffer.from(grpcMessageOf('hello'), 'latin1') } as const;

/** An instance that can be told how to answer, behind a proxy whose clock a test moves, and a client of it. */
async function single(t: TestContext, traffic = DEFAULT_TRAFFIC) {
  let handler: StreamHandler = (stream) => answerCall(stream, 'well');
  let asked = 0;
  let now = 1_000_000;
  const instance = await http2Instance(t, (stream, headers) => {
    asked++;
    handler(stream, headers);
  });
  const made = await world(t, [instance], 'grpc', { now: () => now, traffic });
  const client = await http2Client(t, made.edge);
  return {
    ...made,
    client,
    instance,
    asked: () => asked,
    behave: (next: StreamHandler) => {
      handler = next;
    },
    pass: (ms: number) => {
      now += ms;
    },
    stats: () => made.plane.readStats().edges.find(({ from }) => from.kind === 'edge'),
  };
}

test('metadata, messages, status and trailers cross whole, binary ones too', async (t) => {
  const { client, behave } = await single(t);
  behave((stream, headers) => {
    stream.respond(
      { ':status': 200, 'content-type': 'application/grpc', 'x-back': headers['x-there'] },
      { waitForTrailers: true },
    );
    stream.on('wantTrailers', () => {
      stream.sendTrailers({ 'grpc-status': '0', 'x-trace-bin': String(headers['x-key-bin']), 'x-many': ['a', 'b'] });
    });
    stream.end('1');
  });
  const headers = { ...GRPC, 'x-there': 'back', 'x-key-bin': 'AAECAw==' };
  const answer = await ask(client, '/shop.Orders/Get', { ...CALL, headers });
  assert.equal(answer.headers['x-back'], 'back');
  assert.deepEqual([answer.trailers['grpc-status'], answer.trailers['x-trace-bin']], ['0', 'AAECAw==']);
  assert.equal(answer.trailers['x-many'], 'a, b');
});

test('an answer of nothing but a status stays one: in the head, without a frame after it', async (t) => {
  const { client, behave } = await single(t);
  behave((stream) => refuseCall(stream, 9, { 'grpc-message': '50 %25' }));
  const answer = await ask(client, '/s/m', CALL);
  assert.deepEqual(
    [answer.headers['grpc-status'], answer.headers['grpc-message'], answer.headOnly],
    ['9', '50 %25', true],
  );
});

for (const [what, status, code] of [
  ['no instance', '14', 'no-ready-instance'],
  ['no instance that listens', '14', 'no-instance-reachable'],
] as const) {
  test(`with ${what}, the call ends with status ${status} and a message, in the head alone`, async (t) => {
    const { client, publish, instance, stats } = await single(t);
    if (code === 'no-ready-instance') await publish();
    else instance.kill();
    const answer = await ask(client, '/s/m', CALL);
    assert.deepEqual([answer.status, answer.headers['grpc-status'], answer.headOnly], [200, status, true]);
    assert.match(String(answer.headers['grpc-message']), new RegExp(`^${code}: `));
    assert.equal(answer.headers['x-islet-error'], code);
    assert.deepEqual(stats()?.errors, { [code]: 1 });
  });
}

test('a path that nobody exposes is UNIMPLEMENTED, as it is to any gRPC server', async (t) => {
  const { gateway } = await single(t);
  const answer = await ask(await http2Client(t, gateway), '/nobody.Knows/It', CALL);
  assert.equal(answer.headers['grpc-status'], '12');
});

test('too many calls at once are RESOURCE_EXHAUSTED', async (t) => {
  const limits = { ...DEFAULT_TRAFFIC.limits, connections: 1024, pending: 0, requests: 1, queueMs: 1000 };
  const { client, behave, plane } = await single(t, { ...DEFAULT_TRAFFIC, limits });
  behave(() => undefined);
  begin(client, '/s/m', CALL).on('error', () => undefined);
  await until(() => plane.stats.inFlight === 1);
  const answer = await ask(client, '/s/m', CALL);
  assert.deepEqual([answer.headers['grpc-status'], answer.headers['x-islet-error']], ['8', 'overloaded']);
});

test("the caller's time is handed on, less a margin, and the call ends with DEADLINE_EXCEEDED when it is over", async (t) => {
  const { client, behave, pass, stats } = await single(t);
  let told: unknown;
  let stream: ServerHttp2Stream | undefined;
  behave((seen, headers) => {
    told = headers['grpc-timeout'];
    stream = seen;
  });
  const answer = ask(client, '/s/m', { ...CALL, headers: { ...GRPC, 'grpc-timeout': '2S' } });
  await until(() => stream !== undefined);
  assert.equal(told, '1900000u');
  pass(2_000);
  const { headers } = await answer;
  assert.deepEqual([headers['grpc-status'], headers['x-islet-explain']], ['4', 'deadline']);
  await until(() => stream?.closed === true);
  assert.equal(stream?.rstCode, 8);
  assert.deepEqual(stats()?.errors, { 'deadline-exceeded': 1 });
});

test('a stream that runs when its time is over ends in trailers, and where no time was given it goes on', async (t) => {
  const { client, behave, pass } = await single(t);
  behave((stream) => {
    stream.respond({ ':status': 200, 'content-type': 'application/grpc' });
    stream.write(grpcMessageOf('first'));
  });
  const open = begin(client, '/s/Watch', CALL);
  const timed = begin(client, '/s/Watch', { ...CALL, headers: { ...GRPC, 'grpc-timeout': '30S' } });
  const answer = answerOf(timed, CALL.body);
  open.end(CALL.body);
  await Promise.all([once(open, 'data'), once(timed, 'data')]);
  pass(30_000);
  assert.deepEqual([(await answer).trailers['grpc-status'], (await answer).reset], ['4', 0]);
  assert.equal(open.destroyed, false);
});

test('UNAVAILABLE is asked of another instance, where it is all that was answered', async (t) => {
  const { client, publish, behave, instance, stats } = await single(t);
  const well = await http2Instance(t, (stream) => answerCall(stream, 'other'));
  await publish(endpointAt(instance.port), endpointAt(well.port));
  behave((stream) => refuseCall(stream, 14));
  for (let call = 0; call < 12; call++) {
    const answer = await ask(client, '/s/m', CALL);
    assert.equal(answer.trailers['grpc-status'], '0');
  }
  assert.ok((stats()?.retries ?? 0) >= 3);
});

test('a pushback forbids the retry, or says when', async (t) => {
  const { client, publish, behave, instance, pass } = await single(t);
  const well = await http2Instance(t, (stream) => answerCall(stream, 'other'));
  await publish(endpointAt(instance.port), endpointAt(well.port));
  behave((stream) => refuseCall(stream, 14, { 'grpc-retry-pushback-ms': '-1' }));
  const answers = [];
  for (let call = 0; call < 12; call++) {
    answers.push(await ask(client, '/s/m', CALL));
    pass(10_000);
  }
  assert.ok(answers.some(({ headers }) => headers['grpc-status'] === '14'));
  behave((stream) => refuseCall(stream, 14, { 'grpc-retry-pushback-ms': '1' }));
  pass(120_000);
  for (let call = 0; call < 6; call++) assert.equal((await ask(client, '/s/m', CALL)).trailers['grpc-status'], '0');
});

test('a status in trailers crosses also where the instance has told the length of its message', async (t) => {
  const { client, behave } = await single(t);
  behave((stream) => {
    stream.respond({ 'content-type': 'application/grpc', 'content-length': 9 }, { waitForTrailers: true });
    stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '5' }));
    stream.end(grpcMessageOf('well'));
  });
  const { headers, trailers, body } = await ask(client, '/s/m', CALL);
  assert.deepEqual([trailers['grpc-status'], headers['content-length'], body.slice(5)], ['5', '9', 'well']);
});

test('an answer that has begun is passed on, whatever its trailers say, and counts as what they say', async (t) => {
  const { client, publish, behave, instance, stats, plane } = await single(t);
  await publish(endpointAt(instance.port), endpointAt(instance.port, 'orders-a.0-other'));
  behave((stream) => answerCall(stream, 'a part', 14));
  const answer = await ask(client, '/s/m', CALL);
  assert.deepEqual([answer.trailers['grpc-status'], answer.body.slice(5)], ['14', 'a part']);
  behave((stream) => answerCall(stream, 'all', 5));
  await ask(client, '/s/m', CALL);
  assert.deepEqual([stats()?.statuses['5xx'], stats()?.statuses['4xx'], stats()?.retries], [1, 1, 0]);
  const instances = plane.readStats().instances.map(({ statuses }) => statuses);
  assert.equal(
    instances.reduce((sum, statuses) => sum + statuses['5xx'], 0),
    1,
  );
});

for (const [how, answer] of [
  ['alone', (stream: ServerHttp2Stream) => refuseCall(stream, 14)],
  ['after a message', (stream: ServerHttp2Stream) => answerCall(stream, 'a part', 14)],
] as const) {
  test(`calls that end UNAVAILABLE ${how} open the breaker, and one that goes well closes it`, async (t) => {
    const traffic = { ...DEFAULT_TRAFFIC, breaker: { ...DEFAULT_TRAFFIC.breaker!, halfOpen: 1 } };
    const { client, behave, pass, stats, asked } = await single(t, traffic);
    behave(answer);
    for (let call = 0; call < 20; call++) await ask(client, '/s/m', CALL);
    assert.equal(stats()?.breaker, 'open');
    const before = asked();
    const refused = await ask(client, '/s/m', CALL);
    assert.deepEqual([refused.headers['grpc-status'], refused.headers['grpc-retry-pushback-ms']], ['14', '5000']);
    assert.equal(asked(), before);
    pass(5_000);
    behave((stream) => answerCall(stream, 'well'));
    await ask(client, '/s/m', CALL);
    assert.equal(stats()?.breaker, 'closed');
  });
}

test('a breaker that finds out is not held up by a call that streams for long', async (t) => {
  const { client, behave, pass, stats } = await single(t, {
    ...DEFAULT_TRAFFIC,
    breaker: { ...DEFAULT_TRAFFIC.breaker!, halfOpen: 1 },
  });
  behave((stream) => refuseCall(stream, 14));
  for (let call = 0; call < 20; call++) await ask(client, '/s/m', CALL);
  pass(5_000);
  behave((stream) => {
    stream.respond({ ':status': 200, 'content-type': 'application/grpc' });
    stream.write(grpcMessageOf('first'));
  });
  const open = begin(client, '/s/Watch', CALL);
  open.end(CALL.body);
  await once(open, 'data');
  assert.equal(stats()?.breaker, 'closed');
});

test('an instance whose calls fail is ejected, however polite its HTTP is', async (t) => {
  const traffic = { ...DEFAULT_TRAFFIC, retry: undefined };
  const { client, publish, behave, instance, plane } = await single(t, traffic);
  const well = await http2Instance(t, (stream) => answerCall(stream, 'other'));
  await publish(endpointAt(instance.port, 'bad'), endpointAt(well.port, 'good'));
  behave((stream) => answerCall(stream, '', 13));
  for (let call = 0; call < 40; call++) await ask(client, '/s/m', CALL);
  assert.deepEqual(
    plane.readStats().instances.map(({ instance: name, ejected }) => [name, ejected]),
    [
      ['bad', true],
      ['good', false],
    ],
  );
});

test('an instance that breaks off a call makes its end UNAVAILABLE, after what had come', async (t) => {
  const { client, behave, stats } = await single(t);
  behave((stream) => {
    stream.respond({ ':status': 200, 'content-type': 'application/grpc' });
    stream.write(grpcMessageOf('first'));
    stream.on('end', () => stream.destroy(new Error('broken'))).resume();
  });
  const stream = begin(client, '/s/m', { headers: GRPC, method: 'POST' });
  const answer = answerOf(stream, undefined);
  await once(stream, 'data');
  stream.end();
  const { trailers, body } = await answer;
  assert.deepEqual(
    [trailers['grpc-status'], trailers['x-islet-error'], body.slice(5)],
    ['14', 'response-cut', 'first'],
  );
  assert.deepEqual(stats()?.errors, { 'response-cut': 1 });
});

test('both sides of a call stream at the same time', async (t) => {
  const { client, behave } = await single(t);
  behave((stream) => {
    stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
    stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
    stream.pipe(stream);
  });
  const stream = begin(client, '/s/Chat', { headers: GRPC, method: 'POST' });
  let come = '';
  stream.setEncoding('latin1');
  stream.on('data', (text: string) => {
    come += text;
  });
  for (const word of ['one', 'two', 'three']) {
    stream.write(word);
    await until(() => come.endsWith(word));
  }
  const trailers = once(stream, 'trailers');
  stream.end();
  assert.equal((await trailers)[0]['grpc-status'], '0');
});

test('what is no gRPC behind a gRPC call is told as HTTP tells it', async (t) => {
  const instance = await httpInstance(t, (_, response) => void response.writeHead(404).end('no'));
  const { edge } = await world(t, [instance]);
  const answer = await ask(await http2Client(t, edge), '/s/m', CALL);
  assert.deepEqual([answer.status, answer.body], [404, 'no']);
});
