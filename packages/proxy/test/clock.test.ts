import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Clock } from '../src/clock.ts';

test('a held clock says the same until it is released, and then what the time is', () => {
  let time = 1;
  const clock = new Clock(() => time);
  assert.equal(clock.hold(), true);
  time = 2;
  assert.equal(clock.now(), 1);
  clock.release();
  assert.equal(clock.now(), 2);
});

test('who holds a clock within an event does not release it for whoever held it first', () => {
  let time = 1;
  const clock = new Clock(() => time);
  clock.hold();
  time = 2;
  assert.equal(clock.hold(), false);
  assert.equal(clock.now(), 1);
});

test('what a turn of the loop reads has not come before the turn before it began', () => {
  let time = 1;
  let endTurn = () => {};
  const clock = new Clock(() => time, {
    afterTurn: (act) => {
      endTurn = act;
    },
  });
  const event = (at: number) => {
    time = at;
    clock.hold();
    clock.release();
    return clock.heardSince;
  };
  assert.equal(event(10), 10);
  assert.equal(event(20), 10);
  endTurn();
  assert.equal(event(20.5), 10);
  endTurn();
  assert.equal(event(21), 20.5);
  endTurn();
  assert.equal(event(50), 50);
});

test('a turn that leaves something to do is followed by another, whether that reads something or not', () => {
  let time = 1;
  const ends: (() => void)[] = [];
  let more = 2;
  const clock = new Clock(() => time, { afterTurn: (act) => ends.push(act), atEnd: () => more-- > 0 });
  const event = (at: number) => {
    time = at;
    clock.hold();
    clock.release();
    return clock.heardSince;
  };
  event(10);
  event(11);
  assert.equal(ends.length, 1);
  time = 12;
  ends.shift()?.();
  assert.equal(ends.length, 1, 'it goes on by itself');
  time = 12.5;
  ends.shift()?.();
  assert.equal(event(13), 12.5, 'the turn that read nothing has asked too');
  assert.equal(ends.length, 1, 'one end for one turn');
  ends.shift()?.();
  assert.equal(ends.length, 0);
});
