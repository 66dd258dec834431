import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { audit, auditDown, auditPurged } from './support/faults/audit.ts';
import { BrokenSystem } from './support/faults/system.ts';
import { until } from './support/faults/until.ts';
import { Work } from './support/faults/work.ts';

/*
 * The control plane is killed at every instant between an effect and its record, while it does what has that effect. What
 * was asked for comes about all the same, and the auditor finds nothing lost, doubled or orphaned.
 */
type Act = 'up' | 'down' | 'change' | 'restart' | 'restartStore' | 'rotate' | 'hang' | 'purge' | 'forget';

const CASES: Readonly<Record<'sqlite' | 'postgres', readonly (readonly [string, Act])[]>> = {
  sqlite: [
    ['apply: before the record', 'up'],
    ['down: after the mark', 'down'],
    ['build: after the bytes', 'change'],
    ['down: after the proxy', 'down'],
    ['provision: after the store', 'up'],
    ['down: after the keeper', 'down'],
    ['start: after the port', 'change'],
    ['start: after the process', 'restart'],
    ['start: before the intent', 'restart'],
    ['start: after the intent', 'restart'],
    ['start: after the cgroup', 'restart'],
    ['start: after the spawn', 'restart'],
    ['start: after the pid', 'restart'],
    ['migrate: before the record', 'change'],
    ['migrate: after the record', 'change'],
    ['apply: after the record', 'change'],
    ['publish: after the table', 'restart'],
    ['promote: after the record', 'change'],
    ['stop: after the signal', 'restart'],
    ['end: before the record', 'restart'],
    ['end: after the record', 'restart'],
    ['forget: before the removal', 'restart'],
    ['stop: after the end', 'restart'],
    ['stop: after the port', 'restart'],
    ['kill: after the record', 'hang'],
    ['kill: after the end', 'hang'],
    ['forget: after the bytes', 'forget'],
    ['stop-store: after the end', 'down'],
    ['publish: after the table', 'up'],
    ['purge: after the data', 'purge'],
    ['purge: after the files', 'purge'],
  ],
  postgres: [
    ['postgres: after the credentials', 'up'],
    ['postgres: after initdb', 'purge'],
    ['postgres: after the rename', 'purge'],
    ['postgres: after the port', 'purge'],
    ['postgres: after the start', 'purge'],
    ['postgres: after the role', 'purge'],
    ['postgres: after the database', 'purge'],
    ['postgres: after a migration', 'purge'],
    ['postgres: after the data is gone', 'purge'],
    ['start: after the process', 'restartStore'],
    ['retire: before the record', 'rotate'],
    ['provision: after the store', 'purge'],
    ['migrate: before the record', 'change'],
    ['stop-store: after the end', 'down'],
  ],
};

for (const engine of ['sqlite', 'postgres'] as const) {
  describe(`killed between an effect and its record, on ${engine}`, () => {
    let system: BrokenSystem;
    let work: Work;

    before(async () => {
      system = await BrokenSystem.make({ engine });
      work = new Work(system);
      await work.setSecret('first');
    });
    after(() => system[Symbol.asyncDispose]());

    const up = () => work.up();
    const down = () => work.down();
    const change = () => work.changeAll();
    const restart = () => work.restart('pair');
    const restartStore = () => work.restart('ledger');
    const rotate = () => work.rotate('ledger');
    const hang = () => stopOne(system);
    const purge = async () => {
      const left = auditPurged(system);
      await work.purge();
      left();
      await work.setSecret('again');
      await up();
    };
    const forget = async () => {
      // The last ten revisions are kept for a rollback.
      for (let changes = 0; changes < 12; changes++) await work.change('lone');
    };

    const cases: readonly (readonly [string, () => Promise<unknown>])[] = [...CASES[engine]].map(([name, act]) => [
      name,
      { up, down, change, restart, restartStore, rotate, hang, purge, forget }[act],
    ]);
    for (const [failpoint, act] of cases) {
      test(`${failpoint}: ${act.name} is carried out all the same`, async () => {
        system.arm(failpoint);
        await act();
        assert.ok(system.disarm(), 'the failpoint is reached');
        if (act === down) auditDown(system);
        else await audit(system, await work.expected());
      });
    }
  });
}

/** An instance that hangs is ended and started again. */
async function stopOne(system: BrokenSystem): Promise<void> {
  const pair = async () => (await system.settled()).services.find(({ name }) => name === 'pair')?.instanceList ?? [];
  const [{ pid } = { pid: undefined }] = await pair();
  assert.ok(pid !== undefined);
  process.kill(pid, 'SIGSTOP');
  await until('the instance that hangs is started again', async () => {
    const instances = await pair();
    const replaced = instances.length === 2 && instances.every((it) => it.state === 'ready' && it.pid !== pid);
    return replaced ? true : undefined;
  });
}
