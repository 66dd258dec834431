import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { appendFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { audit, auditDown } from './support/faults/audit.ts';
import { listProcesses } from './support/faults/processes.ts';
import { BrokenSystem, end } from './support/faults/system.ts';
import { until } from './support/faults/until.ts';
import { Work } from './support/faults/work.ts';

test('a PostgreSQL server that is killed under writes comes back with every acknowledged row', async () => {
  await using system = await BrokenSystem.make({ engine: 'postgres' });
  const work = await started(system);
  const writing = new AbortController();
  const writes = (async () => {
    while (!writing.signal.aborted) await work.write();
  })();
  const server = async () => {
    const { services } = await system.status();
    return services.find(({ name }) => name === 'ledger')?.database?.pid;
  };
  await until('rows are acknowledged', () => (work.acknowledged > 3 ? true : undefined));
  const pid = await server();
  assert.ok(pid !== undefined);
  end(pid);
  await until('another server runs', async () => ((await server()) ?? pid) !== pid || undefined);
  const before = work.acknowledged;
  await until('rows are acknowledged again', () => (work.acknowledged > before ? true : undefined));
  writing.abort();
  await writes;
  await audit(system, await work.expected());
});

test('an instance that hangs is ended and started again, and the decision says why', async () => {
  await using system = await BrokenSystem.make();
  const work = await started(system);
  const lone = async () => (await system.settled()).services.find(({ name }) => name === 'lone')?.instanceList[0];
  const pid = (await lone())?.pid;
  assert.ok(pid !== undefined);
  process.kill(pid, 'SIGSTOP');
  await until('another process serves', async () => {
    const instance = await lone();
    return (instance?.state === 'ready' && instance.pid !== pid) || undefined;
  });
  const { stdout } = await system.insist(['decisions']);
  assert.match(stdout, /it fails its liveness probe/);
  await audit(system, await work.expected());
});

test('a service that ignores SIGTERM, forks twice and begins sessions of its own is gone after `down`', async () => {
  await using system = await BrokenSystem.make();
  const main = join(system.folder, 'services/lone/main.mjs');
  const stray = "setsid sh -c 'setsid sleep 86399 & sleep 86398' &";
  writeFileSync(join(system.folder, 'services/lone/run.sh'), `trap '' TERM\n(${stray})\nexec node main.mjs\n`);
  appendFileSync(main, "\nprocess.removeAllListeners('SIGTERM').on('SIGTERM', () => {});\n");
  system.rewrite('services/lone/service.yaml', (text) => text.replace('command: node main.mjs', 'command: sh run.sh'));
  const work = await started(system);
  const strays = () => listProcesses().filter(({ slot, argv }) => slot?.startsWith(`${id}/`) && argv[0] === 'sleep');
  const { id } = system;
  assert.equal(strays().length, 2, 'it has strays');
  await work.down();
  assert.deepEqual(strays(), []);
  auditDown(system);
});

test('a port that a stranger took while the system was down is exchanged, and the next `up` works', async () => {
  await using system = await BrokenSystem.make();
  const work = await started(system);
  const [before] = system.sql("SELECT port FROM ports WHERE name = 'edge pair>ledger'");
  assert.ok(before !== undefined);
  await work.down();
  const stranger = createServer().listen(Number(before), '127.0.0.1');
  try {
    const { stderr } = await system.up();
    assert.match(stderr, new RegExp(`another program has taken port ${before}: pair reaches ledger by port`));
    await audit(system, await work.expected());
    assert.notDeepEqual(system.sql("SELECT port FROM ports WHERE name = 'edge pair>ledger'"), [before]);
  } finally {
    stranger.close();
  }
});

test('a reboot: everything is killed, and what the unit runs brings all of it back, data included', async () => {
  await using system = await BrokenSystem.make({ engine: 'postgres' });
  const work = await started(system);
  const expected = await work.expected();
  const { stdout: unit, code } = await system.cli('install');
  assert.equal(code, 4, 'without systemd, the text is told and the exit code says so');
  const { id } = system;
  for (const program of ['keeper', 'control-plane', 'proxy'] as const) for (const pid of system.pids(program)) end(pid);
  for (const { pid, slot } of listProcesses()) if (slot?.startsWith(`${id}/`)) end(pid);
  const [file = '', ...args] = execStart(unit);
  spawn(file, args, { cwd: system.folder, detached: true, stdio: 'ignore' }).unref();
  await until('every service is ready', async () => {
    const { services } = await system.settled();
    return services.every(({ state }) => state === 'ready') || undefined;
  });
  await audit(system, expected);
});

async function started(system: BrokenSystem): Promise<Work> {
  const work = new Work(system);
  await work.setSecret('first');
  await work.up();
  return work;
}

/** The words of a unit's command line; none of them holds a quote here. */
function execStart(unit: string): readonly string[] {
  const line = /^ExecStart=(.*)$/m.exec(unit)?.[1] ?? '';
  return [...line.matchAll(/"([^"]*)"/g)].map(([, word = '']) => word);
}
