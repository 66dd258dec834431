import assert from 'node:assert/strict';
import { it, type TestContext } from 'node:test';
import { systemClock } from '../src/clock.ts';
import { createProber, type Subject } from '../src/probe/prober.ts';
import { VirtualClock } from '../src/testing/index.ts';
import { launchSpec } from './support.ts';

const LONG_AGO = 1_000;
const NOW = 10_000_000;

/** An instance that was started long ago, and fails every probe. */
function subject(changes: Partial<Subject>): Subject {
  const site = { host: '127.0.0.1', port: 1, http2: false, exec: async () => 1 };
  const { health } = launchSpec('web');
  return {
    key: 'web 1',
    instance: 'web',
    health,
    site,
    startedAt: LONG_AGO,
    adopted: false,
    watchedFrom: NOW,
    ...changes,
  };
}

/** What it is taken for after its first probe, which failed, and why. */
async function afterFirstProbe(t: TestContext, one: Subject) {
  const probed = Promise.withResolvers<void>();
  const prober = createProber({
    clock: { ...systemClock, now: () => NOW, dice: () => 0 },
    check: async () => {
      setImmediate(probed.resolve);
      return 'it is sick';
    },
    onTurn: () => undefined,
  });
  t.after(() => prober.close());
  prober.follow([one]);
  await probed.promise;
  return { kind: prober.state(one.key)?.kind, problem: prober.problem(one.key) };
}

it('gives nothing up whose startup deadline passed while nobody looked', async (t) => {
  assert.deepEqual(await afterFirstProbe(t, subject({ watchedFrom: NOW })), { kind: 'starting', problem: undefined });
});

it('gives up what was watched all the time, and did not start in time', async (t) => {
  const { kind, problem } = await afterFirstProbe(t, subject({ watchedFrom: LONG_AGO }));
  assert.deepEqual({ kind, problem }, { kind: 'failed', problem: 'it is sick' });
});

it('says what it met with only once the fast probes are over, and what else is to be known of it', async (t) => {
  const remark = async () => 'it listens elsewhere';
  const site = { ...subject({}).site, remark };
  const young = await afterFirstProbe(t, subject({ site, watchedFrom: NOW - 4_999 }));
  assert.equal(young.problem, undefined);
  const older = await afterFirstProbe(t, subject({ site, watchedFrom: NOW - 5_001 }));
  assert.deepEqual(older, { kind: 'starting', problem: 'it is sick; it listens elsewhere' });
});

it('decides before it knows what else is to be said', async (t) => {
  const site = { ...subject({}).site, remark: () => new Promise<undefined>(() => undefined) };
  const { kind, problem } = await afterFirstProbe(t, subject({ site, watchedFrom: LONG_AGO }));
  assert.deepEqual({ kind, problem }, { kind: 'failed', problem: 'it is sick' });
});

it('probes on at each period although the clock was put back', async (t) => {
  const clock = new VirtualClock();
  const live = {
    target: { kind: 'http', path: '/live' },
    periodMs: 2_000,
    timeoutMs: 1_000,
    fall: 3,
    rise: 1,
  } as const;
  let [alive, ready] = [0, 0];
  const prober = createProber({
    clock,
    check: async ({ kind }) => {
      if (kind === 'http') alive++;
      else ready++;
      return undefined;
    },
    onTurn: () => undefined,
  });
  t.after(() => prober.close());
  const health = { ...subject({}).health, live };
  prober.follow([subject({ health, startedAt: clock.now(), watchedFrom: clock.now() })]);
  await clock.pass(5_000);
  clock.jump(-3_600_000);
  [alive, ready] = [0, 0];
  await clock.pass(10_000);
  assert.ok(alive >= 4 && ready >= 9, `${alive} and ${ready} probes`);
});

it('probes nothing any more once it is closed, though a look that was under way asks for it', async () => {
  const clock = new VirtualClock();
  const prober = createProber({ clock, check: async () => assert.fail('it probes'), onTurn: () => undefined });
  prober.close();
  prober.follow([subject({ startedAt: clock.now() })]);
  await clock.pass(5_000);
});
