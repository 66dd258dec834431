import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { audit } from './support/faults/audit.ts';
import { startLoad } from './support/faults/load.ts';
import { BrokenSystem, end, type Program } from './support/faults/system.ts';
import { until } from './support/faults/until.ts';
import { Work } from './support/faults/work.ts';

/*
 * Islet's own processes are killed while requests pass. Without the control plane or the keeper nothing is lost; with the
 * proxy, no more than was inside it or came before it was back, and Islet says how much that was.
 */
describe('Islet’s own processes are killed under load', () => {
  let system: BrokenSystem;
  let work: Work;

  before(async () => {
    system = await BrokenSystem.make();
    work = new Work(system);
    await work.setSecret('first');
    await work.up();
  });
  after(() => system[Symbol.asyncDispose]());

  const instances = async () => (await system.settled()).services.flatMap(({ instanceList }) => instanceList);
  const pids = async () => (await instances()).map(({ pid }) => pid).sort();
  const served = () =>
    until('requests are answered', async () => {
      const response = await fetch(system.url('/pair')).catch(() => undefined);
      await response?.text();
      return response?.status === 200 ? true : undefined;
    });

  for (const dead of [['control-plane'], ['keeper'], ['control-plane', 'keeper']] as const) {
    test(`without ${dead.join(' and ')} no request fails, and the same instances serve on`, async () => {
      const before = await pids();
      const load = await startLoad(system.url('/pair'));
      const old = await kill(system, dead);
      await back(system, dead, old);
      await served();
      const { ok, failed, errors } = await load.stop();
      assert.equal(failed, 0, errors.join('\n'));
      assert.ok(ok > 0);
      assert.deepEqual(await pids(), before);
      await audit(system, await work.expected());
    });
  }

  for (const dead of [
    ['proxy'],
    ['proxy', 'keeper'],
    ['proxy', 'control-plane'],
    ['keeper', 'proxy', 'control-plane'],
  ] as const) {
    const all = dead.length === 3;
    test(`${dead.join(' and ')} ${all ? 'are started by `up`' : 'come back by themselves'}; instances run on`, async (t) => {
      const before = await pids();
      const load = await startLoad(system.url('/pair'));
      const old = await kill(system, dead);
      if (all) await work.up();
      await back(system, dead, old);
      await served();
      const { ok, failed, errors } = await load.stop();
      t.diagnostic(`${ok} requests were answered, ${failed} not (${[...new Set(errors)].join('; ')})`);
      assert.deepEqual(await pids(), before);
      await audit(system, await work.expected());
    });
  }

  test('what was inside a killed proxy is counted, once for each death', async () => {
    const deaths = () =>
      system.sql("SELECT json_extract(detail, '$.inFlight') FROM decisions WHERE kind = 'proxy-died'");
    const before = deaths().length;
    const slow = Promise.allSettled([1, 2, 3].map(() => fetch(system.url('/lone/never'))));
    await until('the proxy has written down that three requests are inside it', () =>
      / 3$/m.test(readFileSync(join(system.state, 'routing-table.json.inflight'), 'latin1')) ? true : undefined,
    );
    const old = await kill(system, ['proxy']);
    const outcomes = await slow;
    assert.ok(
      outcomes.every(({ status }) => status === 'rejected'),
      'what was inside is lost',
    );
    await back(system, ['proxy'], old);
    await until('the death is recorded', () => (deaths().length > before ? true : undefined));
    await kill(system, ['control-plane']).then((dead) => back(system, ['control-plane'], dead));
    await system.settled();
    assert.deepEqual(deaths().slice(before), ['3']);
  });
});

async function kill(system: BrokenSystem, programs: readonly Program[]): Promise<ReadonlySet<number>> {
  const pids = await Promise.all(programs.map((program) => system.pid(program)));
  for (const pid of pids) end(pid);
  return new Set(pids);
}

async function back(system: BrokenSystem, programs: readonly Program[], old: ReadonlySet<number>): Promise<void> {
  for (const program of programs) {
    await until(`${program} is back`, () => system.pids(program).find((pid) => !old.has(pid)));
  }
}
