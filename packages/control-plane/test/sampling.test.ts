import assert from 'node:assert/strict';
import { it } from 'node:test';
import { DriverError, type RevisionTraffic } from '@islet/driver';
import { DEFAULT_ROLLOUT } from '@islet/spec/rollout';
import { createAnalysis } from '../src/analysis/analysis.ts';
import type { Trial } from '../src/analysis/trial.ts';
import { systemClock } from '../src/clock.ts';

const TRIAL: Trial = {
  service: 'web',
  generation: 'r2.0',
  candidate: 'r2',
  baseline: 'r1',
  step: 0,
  isAlone: false,
  analysis: DEFAULT_ROLLOUT.analysis!,
};

it('requests that were made up and that the proxy did not tell of are made up again, and not too few', async (t) => {
  let revisions = async (): Promise<readonly RevisionTraffic[]> => [];
  const analysis = createAnalysis({
    compute: { folder: async () => undefined, usage: async () => [] } as never,
    traffic: { revisions: () => revisions() },
    operatorSocket: '/nowhere',
    launch: () => undefined,
    store: { services: () => [], load: () => undefined, save: () => undefined, forget: () => undefined },
    clock: systemClock,
    ask: async () => undefined as never,
    look: () => undefined,
    onLook: () => undefined,
    onTrouble: assert.ifError,
  });
  t.after(() => analysis.close());
  analysis.follow([TRIAL]);
  const sample = () => analysis.sample({ service: 'web', requests: 8 }, AbortSignal.timeout(60_000));
  revisions = () => Promise.reject(new DriverError('unavailable', 'it does not answer'));
  await assert.rejects(sample(), { code: 'unavailable' });
  assert.notEqual(analysis.evidence('web')?.probes, 'sent');
  revisions = async () => [];
  await sample();
  assert.equal(analysis.evidence('web')?.probes, 'sent');
});
