import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { LogRecord, TelemetryStatus } from '@islet/client';
import { mountSmallDisk } from './support/faults/small-disk.ts';
import { startLoad } from './support/load.ts';
import { makeSystem, type System } from './support/system.ts';
import { until } from './support/until.ts';

/* The telemetry process dies, or its disk is full, while a system is under load. What that costs in time `npm run bench -- telemetry` prints. */

/** The fifth start waits long enough for the pause to be a gap. */
const KILLS = 5;

test('killed again and again, telemetry costs no request, marks the pause, and tells each line once', async () => {
  await using system = await makeSystem({ services: { web: { file: { scale: 2 } } } });
  await system.up();
  using load = await startLoad(`${system.url}/web/`);
  const said: string[] = [];
  for (let life = 0; life < KILLS; life++) {
    const { pid } = await answering(system);
    said.push(await print(system, `while-${life}-lives`));
    process.kill(pid, 'SIGKILL');
    said.push(await print(system, `after-${life}-died`));
    await until('the next one answers', async () => (await telemetry<TelemetryStatus>(system, 'status')).pid !== pid);
  }
  await until('all lines are told', async () => (await printed(system)).length >= said.length);
  assert.deepEqual((await printed(system)).toSorted(), said.toSorted());
  const { gaps, problems } = await answering(system);
  assert.ok(
    gaps.some(({ why }) => why === 'telemetry was not running'),
    JSON.stringify(gaps),
  );
  assert.deepEqual(
    gaps.filter(({ why }) => why.includes('damaged')),
    [],
  );
  assert.deepEqual(problems, []);
  const { ok, others } = await load.stop();
  assert.deepEqual(others, {});
  assert.ok(ok > 0);
});

test('a disk that is full for telemetry costs no request, and what was said meanwhile is told once there is room', async (t) => {
  using disk = mountSmallDisk({ mebibytes: 300 });
  if (disk === undefined) return t.skip('this machine lets nobody mount a filesystem');
  await using system = await makeSystem({ services: { web: { file: { scale: 2 } } } });
  const kept = join(disk.folder, 'telemetry');
  for (const folder of [kept, system.state]) mkdirSync(folder);
  symlinkSync(kept, join(system.state, 'telemetry'));
  await system.up();
  await answering(system);
  using load = await startLoad(`${system.url}/web/`);
  const said = [await print(system, 'before')];
  await until('it is told', async () => (await printed(system)).length === 1);
  disk.fill();
  await until('it says so', async () => {
    const { problems } = await telemetry<TelemetryStatus>(system, 'status');
    return problems.some((problem) => /disk/.test(problem));
  });
  said.push(await print(system, 'meanwhile'));
  disk.free();
  said.push(await print(system, 'after'));
  await until('all is well again', async () => (await answering(system)).problems.length === 0);
  // What waited in memory is on the disk now: a kill takes none of it.
  const { pid } = await answering(system);
  await until('all lines are told', async () => (await printed(system)).length >= said.length);
  process.kill(pid, 'SIGKILL');
  await until('the next one answers', async () => (await telemetry<TelemetryStatus>(system, 'status')).pid !== pid);
  await until('all lines are told again', async () => (await printed(system)).length >= said.length);
  assert.deepEqual((await printed(system)).toSorted(), said.toSorted());
  assert.deepEqual((await load.stop()).others, {});
});

function answering(system: System): Promise<TelemetryStatus> {
  return until('telemetry answers', () => telemetry<TelemetryStatus>(system, 'status'));
}

/** Lets the service print it; returns what is then in its logs. */
async function print(system: System, word: string): Promise<string> {
  const text = `said-${word}`;
  assert.equal((await system.get(`/web/print/${text}`)).status, 200);
  return text;
}

async function printed(system: System): Promise<readonly string[]> {
  const { logs } = await telemetry<{ logs: readonly LogRecord[] }>(system, 'logs?service=web&grep=said-&limit=1000');
  return logs.filter(({ stream }) => stream === 'output').map(({ text }) => /said-[\w-]+/.exec(text)?.[0] ?? text);
}

async function telemetry<T>(system: System, path: string): Promise<T> {
  const { url } = JSON.parse(readFileSync(join(system.state, 'control.json'), 'utf8')) as { url: string };
  const token = readFileSync(join(system.state, 'token'), 'utf8').trim();
  const answer = await fetch(`${url}/v1/telemetry/${path}`, { headers: { authorization: `Bearer ${token}` } });
  if (!answer.ok) throw new Error(`${answer.status} ${await answer.text()}`);
  return (await answer.json()) as T;
}
