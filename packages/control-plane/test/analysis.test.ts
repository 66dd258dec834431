import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { RevisionTraffic } from '@islet/driver';
import { type Desired, type Observed, type PresentService, unseen } from '@islet/plan';
import { Histogram } from '@islet/policy';
import { DEFAULT_ROLLOUT } from '@islet/spec/rollout';
import { createAnalyst, type EvidenceStore } from '../src/analysis/analyst.ts';
import { checkAsker } from '../src/analysis/ask-check.ts';
import { createChecks } from '../src/analysis/checks.ts';
import { KEEP_EVERY_MS } from '../src/analysis/limits.ts';
import { type Trial, trialsOf } from '../src/analysis/trial.ts';
import { IN_MEMORY, openDatabase } from '../src/store/database.ts';
import { openEvidence } from '../src/store/evidence.ts';
import { VirtualClock } from '../src/testing/virtual-clock.ts';

const clock = new VirtualClock();
const analysis = DEFAULT_ROLLOUT.analysis!;
const TRIAL: Trial = {
  service: 'web',
  generation: 'r2.0',
  candidate: 'r2',
  baseline: 'r1',
  step: 0,
  isAlone: false,
  analysis,
};

/** All that both revisions have answered since the proxy started. */
function counts(candidate: readonly [number, number], baseline: readonly [number, number]): RevisionTraffic[] {
  const of = (revision: string, [requests, failures]: readonly [number, number]) => ({
    service: 'web',
    revision,
    requests,
    failures,
    latencyUs: new Histogram().toJSON(),
  });
  return [of('r2', candidate), of('r1', baseline)];
}

describe('the analyst', () => {
  let failure: string | undefined;
  const make = (store = stored(), onTrouble: (error: Error) => void = assert.fail) =>
    createAnalyst({ canSample: () => true, failure: () => failure, store, clock, onTrouble });

  it('knows nothing of what was answered before it looked', () => {
    const analyst = make();
    analyst.follow([TRIAL]);
    analyst.look(counts([500, 400], [500, 0]), []);
    assert.deepEqual(analyst.evidence('web'), {
      generation: 'r2.0',
      requests: 0,
      regression: undefined,
      summary: 'no requests',
      probes: 'possible',
    });
  });

  it('says what is worse by its numbers, and keeps saying so', () => {
    const analyst = make();
    analyst.follow([TRIAL]);
    analyst.look(counts([0, 0], [0, 0]), []);
    analyst.look(counts([20, 10], [180, 0]), []);
    const said = '50 % of its 20 requests failed, and 0 % of the 180 to r1 at the same time';
    assert.equal(analyst.evidence('web')?.regression, said);
    analyst.follow([TRIAL]);
    assert.equal(analyst.evidence('web')?.regression, said);
  });

  it('holds a check of the service’s file that fails against it, however well its requests do', () => {
    const analyst = make();
    analyst.follow([TRIAL]);
    analyst.look(counts([0, 0], [0, 0]), []);
    analyst.look(counts([100, 0], [100, 0]), []);
    assert.equal(analyst.evidence('web')?.regression, undefined);
    failure = 'GET /deep-health answers 500';
    assert.equal(analyst.evidence('web')?.regression, failure);
    failure = undefined;
  });

  it('counts each step anew, but forgets no evidence between them', () => {
    const analyst = make();
    analyst.follow([TRIAL]);
    analyst.look(counts([0, 0], [0, 0]), []);
    analyst.look(counts([10, 2], [90, 0]), []);
    analyst.sampled('web');
    assert.equal(analyst.evidence('web')?.probes, 'sent');
    analyst.follow([{ ...TRIAL, step: 1 }]);
    assert.deepEqual([analyst.evidence('web')?.requests, analyst.evidence('web')?.probes], [0, 'possible']);
    analyst.look(counts([20, 4], [180, 0]), []);
    analyst.look(counts([30, 6], [270, 0]), []);
    assert.match(analyst.evidence('web')?.regression ?? '', /^20 % of its 30 requests failed/);
  });

  it('takes a proxy that was started anew for one that counts from nothing', () => {
    const analyst = make();
    analyst.follow([TRIAL]);
    analyst.look(counts([1_000, 0], [9_000, 0]), []);
    analyst.look(counts([5, 0], [45, 0]), []);
    assert.equal(analyst.evidence('web')?.requests, 5);
  });

  it('forgets a trial that is over, and another one begins with no evidence', () => {
    const analyst = make();
    analyst.follow([TRIAL]);
    analyst.look(counts([0, 0], [0, 0]), []);
    analyst.look(counts([20, 10], [180, 0]), []);
    analyst.follow([]);
    assert.equal(analyst.isBusy(), false);
    assert.equal(analyst.evidence('web'), undefined);
    analyst.follow([{ ...TRIAL, generation: 'r2.1' }]);
    assert.equal(analyst.evidence('web')?.regression, undefined);
  });
});

describe('evidence that is kept', () => {
  const make = (store: EvidenceStore, onTrouble: (error: Error) => void = assert.fail) =>
    createAnalyst({ canSample: () => true, failure: () => undefined, store, clock, onTrouble });
  const seen = (store: EvidenceStore) => {
    const analyst = make(store);
    analyst.follow([TRIAL]);
    analyst.look(counts([0, 0], [0, 0]), []);
    clock.jump(KEEP_EVERY_MS);
    analyst.look(counts([20, 10], [180, 0]), []);
    analyst.sampled('web');
    clock.jump(KEEP_EVERY_MS);
    analyst.look(counts([20, 10], [180, 0]), []);
    return analyst.evidence('web');
  };

  it('is taken up by the next control plane, which counts anew from what it finds', () => {
    const store = stored();
    const before = seen(store);
    const next = make(store);
    next.follow([TRIAL]);
    assert.deepEqual(next.evidence('web'), before);
    next.look(counts([500, 480], [500, 0]), []);
    assert.deepEqual(next.evidence('web'), before, 'what came while nobody looked is left out');
    next.follow([{ ...TRIAL, step: 1 }]);
    assert.deepEqual([next.evidence('web')?.requests, next.evidence('web')?.probes], [0, 'possible']);
  });

  it('speaks against no other generation, and is forgotten with its trial, also where that ended meanwhile', () => {
    const store = stored();
    seen(store);
    const other = make(store);
    other.follow([{ ...TRIAL, generation: 'r2.1' }]);
    assert.equal(other.evidence('web')?.regression, undefined);
    const idle = make(store);
    idle.follow([]);
    assert.deepEqual(store.services(), []);
    const again = make(store);
    again.follow([TRIAL]);
    assert.equal(again.evidence('web')?.requests, 0);
  });

  it('is there all the same where the disk is full, and the trouble is told', () => {
    const troubles: string[] = [];
    const full = () => {
      throw new Error('database or disk is full');
    };
    const analyst = make({ ...stored(), save: full, forget: full }, ({ message }) => troubles.push(message));
    analyst.follow([TRIAL]);
    analyst.look(counts([0, 0], [0, 0]), []);
    analyst.look(counts([20, 10], [180, 0]), []);
    assert.match(analyst.evidence('web')?.regression ?? '', /^50 %/);
    analyst.follow([]);
    assert.equal(troubles.length, 2);
  });

  it('of memory says which instance grows, unless the file says that it may', () => {
    const grown = (memoryPercent: number | undefined) => {
      const analyst = make(stored());
      analyst.follow([{ ...TRIAL, analysis: { ...analysis, memoryPercent } }]);
      for (let second = 0; second < 120; second += 1) {
        const held = (revision: string, mib: number) => ({ instance: `web-${revision}.0-0`, bytes: mib * 1024 ** 2 });
        analyst.look(counts([0, 0], [0, 0]), [
          { service: 'web', revision: 'r2', ...held('r2', 50 + 2 * second) },
          { service: 'web', revision: 'r1', ...held('r1', 60) },
          { service: 'api', revision: 'r1', ...held('r1', 900) },
        ]);
        clock.jump(1_000);
      }
      return analyst.evidence('web')?.regression;
    };
    const said = /^its memory grows: web-r2\.0-0 held 110 MiB, \d\d s later \d{3} MiB, and r1 never more than 60 MiB$/;
    assert.match(grown(150) ?? '', said);
    assert.equal(grown(undefined), undefined);
  });
});

function stored(): EvidenceStore {
  return openEvidence(openDatabase(IN_MEMORY));
}

describe('checks', () => {
  const checks = [{ kind: 'http', path: '/deep' }] as const;
  const trial: Trial = { ...TRIAL, analysis: { ...analysis, checks } };

  it('fail a revision when they fail twice in a row, and not before', async () => {
    let holds: boolean | undefined = false;
    const asked = createChecks(async () => holds);
    asked.follow([trial]);
    await asked.look();
    assert.equal(asked.failure('web'), undefined);
    holds = undefined;
    await asked.look();
    holds = true;
    await asked.look();
    holds = false;
    await asked.look();
    assert.equal(asked.failure('web'), undefined);
    await asked.look();
    assert.equal(asked.failure('web'), 'its check GET /deep failed 2 times in a row');
    asked.follow([{ ...trial, generation: 'r3.0' }]);
    assert.equal(asked.failure('web'), undefined);
  });

  it('of SQL hold when the first value is true, whatever the engine calls that', async () => {
    const instance = { id: 'web-r2.0-0' } as never;
    for (const [value, holds] of [
      [true, true],
      ['t', true],
      ['12', true],
      [1, true],
      [0, false],
      ['false', false],
      [null, false],
    ] as const) {
      const run = async () => ({ kind: 'rows', columns: ['it'], rows: [[value]], more: false }) as const;
      const ask = checkAsker({
        check: async () => undefined,
        instanceOf: () => instance,
        siteOf: () => undefined,
        storeOf: () => ({ shell: { run } }) as never,
      });
      assert.equal(await ask({ kind: 'sql', query: 'SELECT 1' }, trial), holds, String(value));
    }
  });
});

describe('a trial', () => {
  const stable = { revision: 'r1', generation: 'r1.0' };
  const asked = { revision: 'r2', generation: 'r2.0' };
  const service: PresentService = {
    kind: 'present',
    name: 'web',
    ...asked,
    instances: 1,
    drained: [],
    after: [],
    hasStore: false,
    migrates: false,
    exclusive: false,
    wave: undefined,
    drainMs: 0,
    longLivedMs: 0,
    stopGraceMs: 0,
    blocked: [],
    keep: [],
    since: 0,
    rollout: { maxSurge: 1, maxUnavailable: 0, minHealthyMs: 0, healthyDeadlineMs: 1_000, steps: [], bakeMs: 1_000 },
  };
  const instance = {
    id: 'web-r2.0-0',
    ...asked,
    index: 0,
    exits: 0,
    firstStartedAt: 0,
    state: { kind: 'ready', since: 0 },
  } as const;
  const trials = (changes: Partial<Observed['services'][string]>, now = 0) => {
    const desired: Desired = { services: [service], routes: '' };
    const seen = { ...unseen('web'), instances: [instance], ...changes };
    const observed: Observed = {
      services: { web: seen },
      traffic: { acknowledged: undefined, inFlight: {}, longLived: {}, removedAt: {} },
      held: {},
    };
    return trialsOf(desired, observed, now, () => analysis).map(({ baseline, isAlone }) => [baseline, isAlone]);
  };

  it('is one of a new revision against what serves, from its first instance on', () => {
    assert.deepEqual(trials({ stable }), [['r1', false]]);
    assert.deepEqual(trials({ stable, instances: [] }), []);
  });

  it('goes on alone while it bakes, and ends with that', () => {
    const baking = { stable: asked, fallback: stable, promotedAt: 0 };
    assert.deepEqual(trials(baking, 999), [['r1', true]]);
    assert.deepEqual(trials(baking, 1_000), []);
  });

  it('there is none where nothing was before, of the same bytes, or of what was given up', () => {
    assert.deepEqual(trials({}), []);
    assert.deepEqual(trials({ stable: { revision: 'r2', generation: 'r2.9' } }), []);
    assert.deepEqual(trials({ stable, failed: { 'r2.0': 'worse' } }), []);
  });
});
