import { type ComputeDriver, DriverError, type TrafficDriver } from '@islet/driver';
import type { Evidence } from '@islet/plan';
import type { Clock } from '../clock.ts';
import type { Look } from '../observe.ts';
import type { AppliedStore } from '../store/applied.ts';
import { createAnalyst, type EvidenceStore } from './analyst.ts';
import { type AskCheck, createChecks } from './checks.ts';
import { memoryOf } from './memory.ts';
import { createSamples } from './samples.ts';
import type { Trial } from './trial.ts';
import { watchTrials } from './watch.ts';

export interface AnalysisParts {
  readonly compute: Pick<ComputeDriver, 'folder' | 'usage'>;
  readonly traffic: Pick<TrafficDriver, 'revisions'>;
  readonly operatorSocket: string;
  readonly launch: AppliedStore['launch'];
  readonly store: EvidenceStore;
  readonly clock: Clock;
  readonly ask: AskCheck;
  /** What the last turn saw. */
  readonly look: () => Look | undefined;
  /** There is something new to see. */
  readonly onLook: () => void;
  readonly onTrouble: (error: Error) => void;
}

/** All that new revisions are judged by beside the state of their instances. */
export interface Analysis {
  follow(trials: readonly Trial[]): void;
  evidence(service: string): Evidence | undefined;
  /** Makes up requests for the step that a service is at, and counts them. */
  sample(asked: { readonly service: string; readonly requests: number }, signal: AbortSignal): Promise<void>;
  close(): void;
}

export function createAnalysis(parts: AnalysisParts): Analysis {
  const { compute, traffic, operatorSocket, launch, store, clock, ask, look, onLook, onTrouble } = parts;
  const samples = createSamples({ compute, operatorSocket, launch });
  const checks = createChecks(ask);
  const { canSample } = samples;
  const analyst = createAnalyst({ canSample, failure: checks.failure, store, clock, onTrouble });
  const memory = async () => memoryOf(await compute.usage(), look());
  const watching = watchTrials(analyst, { traffic, memory, checks, clock, onLook });
  return {
    follow: (trials) => {
      for (const one of [samples, checks, analyst]) one.follow(trials);
      watching.begin();
    },
    evidence: analyst.evidence,
    sample: async ({ service, requests }, signal) => {
      const look = async () => {
        if (!(await watching.look()))
          throw new DriverError('unavailable', 'the proxy did not tell what it has counted');
      };
      // What was answered before the first look counts for nothing, and what no look has seen is not too few: it is asked again.
      await look();
      await samples.send(service, requests, signal);
      await look();
      analyst.sampled(service);
    },
    close: watching.close,
  };
}
