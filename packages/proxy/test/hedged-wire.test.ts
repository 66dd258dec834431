import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { ResponseHead } from '../src/http/response-head.ts';
import { LIMITS } from '../src/limits.ts';
import { HedgedWire } from '../src/upstream/hedged-wire.ts';
import type { Gone, RequestMessage, ResponseUser, Wire } from '../src/upstream/wire.ts';

/** A wire that does nothing by itself, and says what is done with it. */
class StillWire {
  open: boolean;
  answering = false;
  used = false;
  reusable = false;
  connection = undefined;
  user: ResponseUser | undefined;
  readonly #note: (what: string) => void;

  constructor(name: string, log: string[], { open = true } = {}) {
    this.#note = (what) => void log.push(`${name} ${what}`);
    this.open = open;
  }

  use(user: ResponseUser): void {
    this.user = user;
  }

  send({ body }: RequestMessage): boolean {
    this.#note(`send ${body.join('')}`.trim());
    return true;
  }

  write(): boolean {
    this.#note('write');
    return true;
  }

  end(): void {
    this.#note('end');
  }

  pause(): void {
    this.#note('pause');
  }

  resume(): void {
    this.#note('resume');
  }

  destroy(): void {
    this.#note('destroy');
    this.user = undefined;
  }
}

const MESSAGE = { body: [], trailers: [] } as unknown as RequestMessage;
const head = (status: number) => ({ status }) as ResponseHead;

/** A hedged try whose user notes what it hears; time passes as the test says. */
function hedged(t: TestContext, { open = true } = {}) {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const log: string[] = [];
  const first = new StillWire('first', log);
  const second = new StillWire('second', log, { open });
  const wire = new HedgedWire({
    first: first as unknown as Wire,
    delayMs: 100,
    now: () => 0,
    openSecond: () => second as unknown as Wire,
    onSecond: (gone) => void log.push(`switched: ${gone}`),
    onSecondLost: (outcome) => void log.push(`lost: ${outcome}`),
  });
  const user: ResponseUser = {
    onOpen: () => void log.push('opened'),
    onDrain: () => void log.push('drained'),
    onSilent: () => void log.push('silent'),
    onInformational: ({ status }) => void log.push(`told ${status}`),
    onHead: ({ status }) => void log.push(`heard ${status}`),
    onBody: (bytes) => void log.push(`heard ${bytes}`),
    onBodyEnd: () => void log.push('heard the end'),
    onFlush: () => {
      log.push('flushed');
      return false;
    },
    onGone: (why: Gone) => void log.push(`gone: ${why}`),
  };
  wire.use(user);
  const pass = (ms: number) => {
    t.mock.timers.tick(ms);
    return log.splice(0);
  };
  const since = () => log.splice(0);
  return { wire, first, second, pass, since };
}

test('the silence of one is told where nobody else is asked the same', (t) => {
  const { wire, first, second, pass, since } = hedged(t);
  first.user?.onOpen();
  wire.send(MESSAGE);
  since();
  first.user?.onSilent();
  assert.deepEqual(since(), ['silent']);
  pass(100);
  first.user?.onSilent();
  second.user?.onSilent();
  assert.deepEqual(since(), []);
});

test('a second is asked when the first has had its time, and not before', (t) => {
  const { wire, first, pass } = hedged(t);
  assert.equal(wire.open, true);
  first.user?.onOpen();
  wire.send(MESSAGE);
  assert.deepEqual(pass(99), ['opened', 'first send']);
  assert.deepEqual(pass(1), ['second send']);
});

test('one that is not connected yet is sent the request when it is, and its user is told of no second opening', (t) => {
  const { wire, second, pass, since } = hedged(t, { open: false });
  wire.send(MESSAGE);
  assert.deepEqual(pass(100), ['first send']);
  second.user?.onOpen();
  assert.deepEqual(since(), ['second send']);
});

test('the time of a request whose body follows begins when it is whole, and one that is too long to be kept has no second', (t) => {
  for (const [pieces, then] of [
    [['x', 'y'], ['second send xy']],
    [['x'.repeat(LIMITS.replayBytes), 'y'], []],
  ] as const) {
    const { wire, pass, since } = hedged(t);
    wire.send({ ...MESSAGE, trailers: undefined });
    for (const piece of pieces) wire.write(Buffer.from(piece));
    since();
    assert.deepEqual(pass(1_000), []);
    wire.end([]);
    assert.deepEqual(pass(99), ['first end']);
    assert.deepEqual(pass(1), then);
    t.mock.timers.reset();
  }
});

test('nobody is asked a second time once the first has begun to answer, is gone, or is given up', (t) => {
  for (const [what, act, then] of [
    ['answers', ({ first }) => first.user?.onHead(head(200)), ['heard 200']],
    ['has begun to', ({ first }) => Object.assign(first, { answering: true }), []],
    ['is gone', ({ first }) => first.user?.onGone('closed', undefined), ['gone: closed']],
    ['is given up', ({ wire }) => wire.destroy(), ['first destroy']],
  ] as const satisfies readonly [string, (it: ReturnType<typeof hedged>) => unknown, readonly string[]][]) {
    const it = hedged(t);
    it.wire.send(MESSAGE);
    it.since();
    act(it);
    assert.deepEqual(it.pass(1_000), then, what);
    t.mock.timers.reset();
  }
});

test('until one of the two is heard, the first alone is told of, and the second is read on', (t) => {
  const { wire, first, second, pass, since } = hedged(t);
  wire.send(MESSAGE);
  pass(100);
  for (const { user } of [first, second]) user?.onInformational(head(103));
  for (const { user } of [first, second]) user?.onDrain();
  assert.deepEqual([first.user?.onFlush(), second.user?.onFlush()], [false, true]);
  assert.deepEqual(since(), ['told 103', 'drained', 'flushed']);
});

test('the wire is whoever is heard, in all that it is asked and told', (t) => {
  for (const isSecond of [false, true]) {
    const { wire, first, second, pass, since } = hedged(t);
    const [heard, other, name] = isSecond ? [second, first, 'second'] : ([first, second, 'first'] as const);
    wire.send(MESSAGE);
    pass(100);
    heard.user?.onHead(head(200));
    assert.deepEqual(
      since(),
      isSecond ? ['first destroy', 'switched: undefined', 'heard 200'] : ['second destroy', 'lost: late', 'heard 200'],
    );
    for (const key of ['open', 'answering', 'used', 'reusable'] as const) {
      Object.assign(heard, { [key]: true });
      Object.assign(other, { [key]: false });
      assert.equal(wire[key], true, key);
    }
    wire.pause();
    wire.resume();
    heard.user?.onBody(Buffer.from('body'));
    heard.user?.onBodyEnd([]);
    assert.equal(heard.user?.onFlush(), false);
    heard.user?.onDrain();
    assert.deepEqual(since(), [`${name} pause`, `${name} resume`, 'heard body', 'heard the end', 'flushed', 'drained']);
    heard.user?.onGone('closed', undefined);
    wire.destroy();
    assert.deepEqual(since(), ['gone: closed', `${name} destroy`]);
    t.mock.timers.reset();
  }
});

test('a second that fails is no answer while the first may give one, and the answer where it is gone', (t) => {
  const { wire, first, second, pass, since } = hedged(t);
  wire.send(MESSAGE);
  pass(100);
  second.user?.onHead(head(500));
  assert.deepEqual(since(), ['second destroy', 'lost: 500']);
  first.user?.onGone('closed', undefined);
  assert.deepEqual(since(), ['gone: closed']);
  t.mock.timers.reset();
  const other = hedged(t);
  other.wire.send(MESSAGE);
  other.pass(100);
  other.first.user?.onGone('closed', undefined);
  other.second.user?.onHead(head(500));
  assert.deepEqual(other.since(), ['switched: closed', 'heard 500']);
});

test('a try is gone when both are, whoever goes first', (t) => {
  for (const order of [
    [0, 1],
    [1, 0],
  ] as const) {
    const it = hedged(t);
    const pair = [it.first, it.second] as const;
    it.wire.send(MESSAGE);
    it.pass(100);
    pair[order[0]].user?.onGone('refused', undefined);
    assert.deepEqual(it.since(), [order[0] === 0 ? 'switched: refused' : 'lost: refused']);
    pair[order[1]].user?.onGone('closed', undefined);
    assert.deepEqual(it.since(), ['gone: closed']);
    t.mock.timers.reset();
  }
});

test('who gives the try up gives both up', (t) => {
  const { wire, pass, since } = hedged(t);
  wire.send(MESSAGE);
  pass(100);
  wire.destroy();
  assert.deepEqual(since(), ['second destroy', 'lost: late', 'first destroy']);
});
