import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ComputeDriver } from '@islet/driver';
import { type ProbeRequest, probesOfContract, probesOfSmoke } from '@islet/spec/probes';
import type { AppliedStore, LaunchSpec } from '../store/applied.ts';
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

  const learn = (trial: Trial): Known => {
    const spec = launch(trial.service, trial.candidate);
    const probes = spec === undefined ? Promise.resolve([]) : readProbes(spec, trial, compute);
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

async function readProbes(
  { test, api }: LaunchSpec,
  { service, candidate }: Trial,
  compute: SampleSources['compute'],
): Promise<readonly ProbeRequest[]> {
  try {
    const folder = await compute.folder({ service, revision: candidate });
    const read = (file: string) => readFile(join(folder, file), 'utf8');
    const smoke = test.smoke?.endsWith('.http') ? probesOfSmoke(await read(test.smoke)) : [];
    if (smoke.length > 0 || api.contract === undefined) return smoke;
    return probesOfContract(await read(api.contract));
  } catch {
    // A smoke test that is a program, or a file that is not there: nothing can be made up.
    return [];
  }
}
