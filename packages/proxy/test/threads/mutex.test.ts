import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { Mutex } from '../../src/shared/mutex.ts';

const WAITED_FOR = 1 << 8;

/** A lock that another thread has, and what happens each time that this one has slept over it. */
function contended(t: TestContext, onSlept: (words: Int32Array, times: number) => 'ok' | 'timed-out') {
  const words = new Int32Array(new SharedArrayBuffer(4));
  const [own, others] = [0, 1].map((lane) => new Mutex(words, 0, { lane, company: { alone: false } }));
  let times = 0;
  t.mock.method(Atomics, 'wait', () => {
    times++;
    assert.ok(times < 1_000, 'it waits for ever');
    return onSlept(words, times);
  });
  others!.take();
  return { own: own!, words, times: () => times };
}

test('a lock is not taken from a thread that has only just got it, however long others had it before', (t) => {
  const { own, times } = contended(t, (words, times) => {
    words[0] = times === 100 ? 0 : (2 + (Math.floor(times / 7) % 2)) | WAITED_FOR;
    return 'timed-out';
  });
  own.take();
  assert.equal(times(), 100);
});

test('nor from one that lets others have it, and has it again', (t) => {
  const { own, times } = contended(t, (words, times) => {
    if (times === 100) words[0] = 0;
    return times % 10 === 0 ? 'ok' : 'timed-out';
  });
  own.take();
  assert.equal(times(), 100);
});

test('a thread that dies with a lock which another one has just taken away makes nobody wait for ever', (t) => {
  let passes = 2;
  const { own, words } = contended(t, (words, times) => {
    // Each time that patience ends, a third thread has been quicker, and dies in it.
    if (times % 25 === 0 && passes-- > 0) words[0] = (passes + 3) | WAITED_FOR;
    return 'timed-out';
  });
  own.take();
  assert.equal(words[0], 1 | WAITED_FOR);
});
