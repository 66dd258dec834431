import assert from 'node:assert/strict';
import { it, type TestContext } from 'node:test';
import { createDrills, LONGEST_MS } from '../src/drill/drills.ts';
import { createJournal } from '../src/journal.ts';
import { IN_MEMORY, openDatabase } from '../src/store/database.ts';
import { openDecisions } from '../src/store/decisions.ts';
import { withholdSpace } from '../src/store/no-space.ts';
import { VirtualClock } from '../src/testing/index.ts';

function drilling(t: TestContext) {
  const clock = new VirtualClock();
  const database = openDatabase(IN_MEMORY);
  const calls: string[] = [];
  const compute = {
    suspend: async ({ instance, suspended }: { instance: string; suspended: boolean }) =>
      void calls.push(`${suspended ? 'stop' : 'go on'} ${instance}`),
    kill: async ({ instance }: { instance: string }) => void calls.push(`kill ${instance}`),
  };
  let changes = 0;
  const journal = createJournal({
    decisions: openDecisions(database),
    clock,
    onRecorded: () => {},
    onTrouble: () => {},
    onRetry: () => {},
  });
  const withholdSpaceOf = () => withholdSpace(database);
  const open = () => {
    const drills = createDrills({
      compute,
      clock,
      decisions: openDecisions(database),
      journal,
      withholdSpace: withholdSpaceOf,
      onChange: () => changes++,
      onTrouble: (error) => assert.fail(error),
    });
    t.after(() => drills.close());
    return drills;
  };
  const add = (key: string) => database.prepare('INSERT INTO meta (key, value) VALUES (?, 1)').run(key);
  return { clock, calls, open, journal, add, changes: () => changes };
}

const WEB = { service: 'web', instance: 'web-1', forMs: 10_000 } as const;

it('lets a paused instance go on when its time is over', async (t) => {
  const { clock, calls, open } = drilling(t);
  await open().begin({ ...WEB, drill: 'pause' });
  await clock.pass(9_999);
  assert.deepEqual(calls, ['stop web-1']);
  await clock.pass(1);
  assert.deepEqual(calls, ['stop web-1', 'go on web-1']);
});

it('ends what a control plane that was killed has begun, in time or as soon as it can', async (t) => {
  for (const awayMs of [1_000, 60_000]) {
    const { clock, calls, open } = drilling(t);
    const first = open();
    await first.begin({ ...WEB, drill: 'pause' });
    first.close();
    await clock.pass(awayMs);
    open();
    await clock.pass(9_000);
    assert.deepEqual(calls, ['stop web-1', 'go on web-1']);
  }
});

it('has a fault in the proxy only while it lasts, and tells that it is over', async (t) => {
  const { clock, open, changes } = drilling(t);
  const drills = open();
  const { until } = await drills.begin({ ...WEB, drill: 'errors' });
  assert.deepEqual(drills.faultOf('web'), { kind: 'errors', instance: 'web-1', percent: 100, delayMs: 0, until });
  assert.equal(drills.faultOf('other'), undefined);
  const before = changes();
  await clock.pass(10_000);
  assert.equal(drills.faultOf('web'), undefined);
  assert.equal(changes(), before + 1);
});

it('does not last longer because the clock is put back', async (t) => {
  const { clock, open } = drilling(t);
  const drills = open();
  await drills.begin({ ...WEB, drill: 'errors' });
  clock.jump(-3_600_000);
  assert.equal(drills.faultOf('web'), undefined);
  assert.equal((await drills.begin({ ...WEB, drill: 'errors' })).until, clock.now() + WEB.forMs);
});

it('explains an end of its own instance, while it lasts and shortly after it, where it may end one', async (t) => {
  const { clock, open } = drilling(t);
  const drills = open();
  const ended = (id = 'web-1', service = 'web') => drills.endedBy({ id, service }, clock.now());
  assert.equal(ended(), undefined);
  const killed = await drills.begin({ ...WEB, drill: 'kill' });
  assert.deepEqual([ended(), ended('web-2'), ended('web-1', 'api')], [killed.until, undefined, undefined]);
  await clock.pass(10_001);
  assert.equal(ended(), undefined);

  const paused = await drills.begin({ ...WEB, drill: 'pause' });
  await clock.pass(5_000);
  assert.equal(ended(), paused.until, 'by whoever found out that it hangs');
  await clock.pass(15_001);
  assert.equal(ended(), undefined);

  await drills.begin({ ...WEB, drill: 'errors' });
  assert.equal(ended(), undefined);
});

it('lasts no longer than five minutes, and refuses a second one meanwhile', async (t) => {
  const { clock, open } = drilling(t);
  const drills = open();
  const { until } = await drills.begin({ ...WEB, drill: 'pause', forMs: 10 * LONGEST_MS });
  assert.equal(until, clock.now() + LONGEST_MS);
  await assert.rejects(drills.begin({ ...WEB, drill: 'kill' }), /under way/);
});

it('lets nothing be written while the disk is said to be full, is seen by that, and ends with the process too', async (t) => {
  const { clock, open, journal, add } = drilling(t);
  const first = open();
  await first.begin({ ...WEB, drill: 'disk-full', instance: 'the state' });
  assert.throws(() => add('a'), /disk is full/);
  journal.write();
  assert.equal(journal.problem(), 'database or disk is full');
  await assert.rejects(first.begin({ ...WEB, service: 'api', drill: 'disk-full' }), /a drill of web is under way/);
  await clock.pass(10_000);
  journal.write();
  assert.equal(journal.problem(), undefined);
  add('a');

  await first.begin({ ...WEB, drill: 'disk-full', instance: 'the state' });
  first.close();
  add('b');
});
