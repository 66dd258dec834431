import type { ComputeDriver } from '@islet/driver';
import type { ProbeRequest } from '@islet/spec/probes';
import type { AppliedStore, LaunchSpec } from '../store/applied.ts';
import { probesOf } from './probes-of.ts';
import { sample } from './sample.ts';
import type { Trial } from './trial.ts';

/** What can be asked of the revisions on trial without changing anything. */
export interface Samples {
  follow(trials: readonly Trial[]): void;
  canSample(trial: Trial): boolean;
  /** Sends so many to the new revision of a service, and as many to the one before. */
  send(service: string, requests: number, signal: AbortSignal): Promise<void>;
}

export interface SampleSources {
  readonly compute: Pick<ComputeDriver, 'folder'>;
  readonly operatorSocket: string;
  readonly launch: AppliedStore['launch'];
}

/** The files are those of the new revision: it may well bring the requests that test it. */
export function createSamples({ compute, operatorSocket, launch }: SampleSources): Samples {
  const known = new Map<string, Known>();

  const made = async (spec: LaunchSpec, { candidate }: Trial) => (await probesOf(spec, candidate, compute)).requests;

  const learn = (trial: Trial): Known => {
    const spec = launch(trial.service, trial.candidate);
    const probes = spec === undefined ? Promise.resolve([]) : made(spec, trial);
    const learnt: Known = { trial, probes, count: undefined };
    void probes.then(({ length }) => {
      learnt.count = length;
    });
    return learnt;
  };

  return {
    follow: (trials) => {
      const open = new Set(trials.map(({ service }) => service));
      for (const service of known.keys()) if (!open.has(service)) known.delete(service);
      for (const trial of trials) {
        const before = known.get(trial.service);
        if (before?.trial.generation === trial.generation) continue;
        known.set(trial.service, learn(trial));
      }
    },
    canSample: ({ service, isAlone }) => !isAlone && known.get(service)?.count !== 0,
    send: async (service, requests, signal) => {
      const found = known.get(service);
      if (found === undefined) return;
      const revisions = [found.trial.candidate, found.trial.baseline];
      await sample({ operatorSocket, service, revisions, probes: await found.probes, requests }, signal);
    },
  };
}

interface Known {
  readonly trial: Trial;
  readonly probes: Promise<readonly ProbeRequest[]>;
  /** Undefined: they are being read. */
  count: number | undefined;
}
