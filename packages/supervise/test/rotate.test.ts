import assert from 'node:assert/strict';
import { appendFileSync, existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { beginOfLog, removeLogs, rotateLog } from '../src/rotate.ts';
import { until, untilExited, World } from './support/world.ts';

test('what is written during rotations is all there, in order, once', async (t) => {
  const world = new World(t);
  const supervisor = await world.open();
  const lines = 60_000;
  const script = `let n = 0; const fs = require('node:fs');
    const write = () => { for (let i = 0; i < 200 && n < ${lines}; i++) fs.writeSync(1, 'line ' + n++ + '\\n');
      if (n < ${lines}) setImmediate(write); }; write();`;
  await supervisor.start(world.spec('writer', '', { argv: [process.execPath, '-e', script] }));
  const log = world.path('logs/writer.log');
  let rotations = 0;
  let running = true;
  const ended = untilExited(supervisor, 'writer').then(() => {
    running = false;
  });
  while (running) {
    if (await rotateLog(log, { maxBytes: 50_000, keep: 1_000 })) rotations++;
    await new Promise(setImmediate);
  }
  await ended;
  assert.ok(rotations > 1, 'it rotated while it was written');
  const older = Array.from({ length: rotations }, (_, index) => readFileSync(`${log}.${rotations - index}`, 'utf8'));
  const size = statSync(log).size;
  const rest = readFileSync(log).subarray(await beginOfLog(log, size));
  const expected = Array.from({ length: lines }, (_, index) => `line ${index}\n`).join('');
  assert.ok(older.join('') + rest.toString() === expected, 'the files one after the other are what was written');
});

test('keeps so many files and no more', async (t) => {
  const world = new World(t);
  const log = world.path('bounded.log');
  for (let round = 0; round < 5; round++) {
    appendFileSync(log, `${round}`.repeat(10_000));
    assert.equal(await rotateLog(log, { maxBytes: 8_000, keep: 2 }), true);
  }
  assert.ok(existsSync(`${log}.1`) && existsSync(`${log}.2`) && !existsSync(`${log}.3`));
  assert.match(readFileSync(`${log}.1`, 'latin1'), /4/);
  await removeLogs(log);
  assert.ok(!existsSync(log) && !existsSync(`${log}.1`));
});

test('leaves a log alone that is small, or is not there', async (t) => {
  const world = new World(t);
  writeFileSync(world.path('small.log'), 'a line\n');
  assert.equal(await rotateLog(world.path('small.log'), { maxBytes: 100, keep: 2 }), false);
  assert.equal(await rotateLog(world.path('none.log'), { maxBytes: 100, keep: 2 }), false);
  await until(() => world.read('small.log') === 'a line\n', 'it is as before');
});
