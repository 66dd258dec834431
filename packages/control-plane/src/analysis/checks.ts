import type { CheckSpec } from '@islet/spec';
import { CHECK_FAILURES } from './limits.ts';
import type { Trial } from './trial.ts';

/** What a service's file says must hold while a new revision proves itself. */
export interface Checks {
  follow(trials: readonly Trial[]): void;
  /** Asks all of them, of every open trial. */
  look(): Promise<void>;
  /** What has failed too often in a row; undefined: nothing. */
  failure(service: string): string | undefined;
}

/** Asks once. Undefined: it can't be asked now, because nothing of the new revision is ready. */
export type AskCheck = (check: CheckSpec, trial: Trial) => Promise<boolean | undefined>;

export function createChecks(ask: AskCheck): Checks {
  const open = new Map<string, { readonly trial: Trial; readonly failures: number[] }>();
  return {
    follow: (trials) => {
      const named = new Map(trials.map((trial) => [trial.service, trial]));
      for (const service of open.keys()) if (!named.has(service)) open.delete(service);
      for (const [service, trial] of named) {
        const before = open.get(service);
        const failures = before?.trial.generation === trial.generation ? before.failures : [];
        open.set(service, { trial, failures });
      }
    },
    look: async () => {
      const asked = [...open.values()].flatMap(({ trial, failures }) =>
        trial.analysis.checks.map(async (check, index) => {
          const holds = await ask(check, trial);
          if (holds !== undefined) failures[index] = holds ? 0 : (failures[index] ?? 0) + 1;
        }),
      );
      await Promise.all(asked);
    },
    failure: (service) => {
      const found = open.get(service);
      const index = found?.failures.findIndex((count) => count >= CHECK_FAILURES) ?? -1;
      const check = found?.trial.analysis.checks[index];
      return check && `${describeCheck(check)} ${CHECK_FAILURES} times in a row`;
    },
  };
}

function describeCheck(check: CheckSpec): string {
  switch (check.kind) {
    case 'http':
      return `its check GET ${check.path} failed`;
    case 'command':
      return `its check \`${check.command}\` failed`;
    case 'sql':
      return `its check \`${check.query}\` was not true`;
  }
}
