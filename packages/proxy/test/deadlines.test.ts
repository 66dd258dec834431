import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { test } from 'node:test';
import { Deadlines } from '../src/deadlines.ts';
import { LIMITS } from '../src/limits.ts';
import { rawInstance } from './world.ts';

test('what has come in time is read before it is judged, however long the loop was busy', async (t) => {
  const instance = await rawInstance(t, (socket) => socket.pipe(socket));
  const deadlines = new Deadlines(() => performance.now());
  t.after(() => deadlines.close());
  const client = connect(instance.port, '127.0.0.1');
  t.after(() => client.destroy());
  const told: string[] = [];
  const waiting = {
    deadlineAt: Number.POSITIVE_INFINITY,
    onDeadline: () => {
      told.push('too late');
      waiting.deadlineAt = Number.POSITIVE_INFINITY;
    },
  };
  deadlines.add(waiting);
  await new Promise((resolve) => client.once('data', resolve).write('first'));
  const answered = new Promise<void>((resolve) => {
    client.once('data', () => {
      told.push('answered');
      waiting.deadlineAt = Number.POSITIVE_INFINITY;
      resolve();
    });
  });
  for (const socket of instance.sockets) socket.write('second');
  waiting.deadlineAt = performance.now();
  const busyUntil = performance.now() + 2 * LIMITS.sweepMs;
  while (performance.now() < busyUntil);
  await answered;
  assert.deepEqual(told, ['answered']);
});
