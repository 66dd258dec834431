import assert from 'node:assert/strict';
import { appendFileSync, existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { LIMITS } from '../src/limits.ts';
import { beginOfLog, removeLogs, rotateLog } from '../src/rotate.ts';
import { until, untilExited, World } from './support/world.ts';

/** Of a log that is written all the while. */
const ROTATIONS = 5;

test('what is written during rotations is all there, in order, once', async (t) => {
  const world = new World(t);
  const supervisor = await world.open();
  const stop = world.path('stop');
  const script = `let n = 0; const fs = require('node:fs');
    const write = () => { for (let i = 0; i < 200; i++) fs.writeSync(1, 'line ' + n++ + '\\n');
      if (!fs.existsSync(${JSON.stringify(stop)})) setImmediate(write); }; write();`;
  await supervisor.start(world.spec('writer', '', { argv: [process.execPath, '-e', script] }));
  const log = world.path('logs/writer.log');
  for (let rotations = 0; rotations < ROTATIONS; ) {
    if (await rotateLog(log, { maxBytes: 50_000, keep: ROTATIONS })) rotations++;
    await new Promise(setImmediate);
  }
  writeFileSync(stop, '');
  await untilExited(supervisor, 'writer');
  const older = Array.from({ length: ROTATIONS }, (_, index) => readFileSync(`${log}.${ROTATIONS - index}`, 'utf8'));
  const rest = readFileSync(log).subarray(await beginOfLog(log, statSync(log).size));
  const written = older.join('') + rest.toString();
  const count = written.split('\n').length - 1;
  const expected = Array.from({ length: count }, (_, index) => `line ${index}\n`).join('');
  assert.ok(written === expected, 'the files one after the other are what was written');
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

test('a log is not rotated a second time while it is being rotated', async (t) => {
  t.mock.timers.enable({ apis: ['setInterval'] });
  const world = new World(t);
  const supervisor = await world.open();
  const log = world.path('logs/big.log');
  await supervisor.start(world.spec('big', `echo begin; while ! test -e stop; do sleep 0.02; done; echo end`));
  await until(() => world.read('logs/big.log') === 'begin\n', 'it has begun');
  appendFileSync(log, 'x'.repeat(32 * 1024 * 1024));
  for (let turn = 0; turn < 4; turn++) t.mock.timers.tick(LIMITS.rotateEveryMs);
  await until(() => existsSync(`${log}.1`) && !existsSync(`${log}.new`), 'it was rotated');
  writeFileSync(world.path('stop'), '');
  await untilExited(supervisor, 'big');
  await world.close(supervisor);
  const rest = readFileSync(log).subarray(await beginOfLog(log, statSync(log).size));
  const written = readFileSync(`${log}.1`, 'utf8') + rest.toString();
  assert.ok(!existsSync(`${log}.2`), 'it was rotated once');
  assert.equal(written.length, 'begin\nend\n'.length + 32 * 1024 * 1024);
});

test('leaves a log alone that is small, or is not there', async (t) => {
  const world = new World(t);
  writeFileSync(world.path('small.log'), 'a line\n');
  assert.equal(await rotateLog(world.path('small.log'), { maxBytes: 100, keep: 2 }), false);
  assert.equal(await rotateLog(world.path('none.log'), { maxBytes: 100, keep: 2 }), false);
  await until(() => world.read('small.log') === 'a line\n', 'it is as before');
});
