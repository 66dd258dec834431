import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { audit, auditDown, type Expected } from './support/faults/audit.ts';
import { edit, SERVICES } from './support/faults/fixture.ts';
import { BrokenSystem, end } from './support/faults/system.ts';
import { until } from './support/faults/until.ts';

/*
 * The control plane is killed at every instant between an effect and its record, while it does what has that effect. What
 * was asked for comes about all the same, and the auditor finds nothing lost, doubled or orphaned.
 */
describe('killed between an effect and its record', () => {
  let system: BrokenSystem;
  let expected: Expected = {
    edits: Object.fromEntries(SERVICES.map((service) => [service, '0'])),
    instances: { ledger: 1, pair: 2, lone: 1 },
    word: 'first',
    rows: [],
  };
  let edits = 0;

  before(async () => {
    system = await BrokenSystem.make();
    await system.setSecret('first');
  });
  after(() => system[Symbol.asyncDispose]());

  const up = () => system.up();
  const down = () => system.insist(['down']);
  const change = async () => {
    edits++;
    for (const service of SERVICES) edit(system.folder, service, edits);
    expected = { ...expected, edits: Object.fromEntries(SERVICES.map((service) => [service, `${edits}`])) };
    await up();
  };
  const restart = () => system.insist(['restart', 'pair']);
  const hang = async () => {
    const pid = (await system.settled()).services.find(({ name }) => name === 'pair')?.instanceList[0]?.pid ?? 0;
    process.kill(pid, 'SIGSTOP');
    await until('the hung instance is replaced', async () => {
      const { services } = await system.settled();
      const instances = services.find(({ name }) => name === 'pair')?.instanceList ?? [];
      return instances.length === 2 && instances.every((it) => it.state === 'ready' && it.pid !== pid)
        ? true
        : undefined;
    });
  };
  const purge = async () => {
    await system.insist(['down', '--purge', '--yes']);
  };
  void end;
  void purge;

  const CASES: readonly (readonly [string, () => Promise<unknown>])[] = [
    ['apply: before the record', up],
    ['down: after the mark', down],
    ['build: after the bytes', change],
    ['down: after the proxy', down],
    ['provision: after the store', up],
    ['down: after the keeper', down],
    ['start: after the port', change],
    ['start: after the process', restart],
    ['start: before the intent', restart],
    ['start: after the intent', restart],
    ['start: after the cgroup', restart],
    ['start: after the spawn', restart],
    ['start: after the pid', restart],
    ['migrate: before the record', change],
    ['migrate: after the record', change],
    ['apply: after the record', change],
    ['publish: after the table', restart],
    ['promote: after the record', change],
    ['stop: after the signal', restart],
    ['end: before the record', restart],
    ['end: after the record', restart],
    ['forget: before the removal', restart],
    ['stop: after the end', restart],
    ['stop: after the port', restart],
    ['kill: after the record', hang],
    ['kill: after the end', hang],
    ['stop-store: after the end', down],
  ];
  for (const [failpoint, act] of CASES) {
    test(`${failpoint}: ${act.name} is carried out all the same`, async () => {
      system.arm(failpoint);
      await act();
      const reached = system.disarm();
      assert.ok(reached, 'the failpoint is reached');
      if (act === down) auditDown(system);
      else await audit(system, expected);
    });
  }
});
