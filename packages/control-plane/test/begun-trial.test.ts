import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { RevisionTraffic } from '@islet/driver';
import { Histogram } from '@islet/policy';
import { DEFAULT_ROLLOUT } from '@islet/spec/rollout';
import { createAnalysis } from '../src/analysis/analysis.ts';
import { LOOK_EVERY_MS } from '../src/analysis/limits.ts';
import type { Trial } from '../src/analysis/trial.ts';
import { VirtualClock } from '../src/testing/virtual-clock.ts';

const TRIAL: Trial = {
  service: 'web',
  generation: 'r2.0',
  candidate: 'r2',
  baseline: 'r1',
  step: 0,
  isAlone: false,
  analysis: DEFAULT_ROLLOUT.analysis!,
};

const answered = (revision: string, requests: number, failures: number): RevisionTraffic => ({
  service: 'web',
  revision,
  requests,
  failures,
  latencyUs: new Histogram().toJSON(),
});

it('counts what a revision answers from the beginning of its trial, not only from the next look on', async (t) => {
  const clock = new VirtualClock();
  let counts = [answered('r2', 7, 7), answered('r1', 100, 0)];
  let looks = 0;
  const analysis = createAnalysis({
    compute: { folder: async () => undefined, usage: async () => [] } as never,
    traffic: { revisions: async () => counts },
    operatorSocket: '/nowhere',
    launch: () => undefined,
    store: { services: () => [], load: () => undefined, save: () => undefined, forget: () => undefined },
    clock,
    ask: async () => undefined as never,
    look: () => undefined,
    onLook: () => {
      looks += 1;
    },
    onTrouble: assert.ifError,
  });
  t.after(() => analysis.close());
  const looked = async (times: number) => {
    while (looks < times) await new Promise(setImmediate);
  };

  analysis.follow([TRIAL]);
  await looked(1);
  // Five in a row, and it is ejected: no other request will come for seconds.
  counts = [answered('r2', 12, 12), answered('r1', 120, 0)];
  await clock.pass(LOOK_EVERY_MS);
  await looked(2);
  const { requests, regression } = analysis.evidence('web') ?? {};
  assert.equal(requests, 5);
  assert.match(regression ?? '', /^100 % of its 5 requests failed/);
});
