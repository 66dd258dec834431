import type { Logger } from 'pino';
import type { Hands } from '../execute.ts';
import type { Check } from '../probe/check.ts';
import type { TurnReport } from '../reconcile.ts';
import { rolloutGates } from '../rollout-gates.ts';
import type { State } from '../state.ts';
import type { AppliedService } from '../store/applied.ts';
import { type Forget, removeWhole } from './aside.ts';
import { type Branches, createBranches } from './branches.ts';
import { createDrills, type Drills } from './drills.ts';
import { newestIn } from './newest.ts';
import { createRestorer, type Restorer } from './restorer.ts';
import { smokeTester } from './smoke/smoke-test.ts';
import type { UpgradePointParts } from './upgrade-point.ts';

export interface CareParts {
  readonly state: State;
  readonly hands: Hands;
  readonly check: Check;
  readonly log: Logger;
  readonly onChange: () => void;
  /** Undefined: nothing is backed up. */
  readonly backups: UpgradePointParts['backups'];
  readonly forget: Forget;
}

/** All that brings stores back. */
export interface Care {
  readonly restorer: Restorer;
  readonly branches: Branches;
  readonly drills: Drills;
  /** What keeps a new revision of a service out. */
  readonly gates: (service: AppliedService) => readonly string[];
  look(turn: TurnReport): void;
  /** The whole system goes down: copies of stores go with it, and where its data is purged, theirs is too. */
  end(options: { readonly purge: boolean }): Promise<void>;
  close(): Promise<void>;
}

const END_MS = 60_000;

export function createCare({ state, hands, check, ...rest }: CareParts): Care {
  const { layout, applied, decisions } = state;
  const { data, clock, redact } = hands;
  const smoke = smokeTester({ hands, check, forget: rest.forget });
  const newest = (store: string) => newestIn(rest.backups?.told(), store);
  const parts = { layout, applied, decisions, data, clock, redact, smoke, newest, ...rest };
  const startedAt = parts.clock.now();
  const [restorer, branches, drills] = [createRestorer(parts), createBranches(parts), createDrills(parts)];
  return {
    restorer,
    branches,
    drills,
    gates: (service) =>
      rolloutGates(service, { drills, decisions, backups: rest.backups, clock: parts.clock, startedAt }),
    look: (turn) => {
      restorer.look(turn);
      drills.look();
    },
    end: async ({ purge }) => {
      // Otherwise the end of its store would be held against the backup.
      await drills.close();
      for (const driver of parts.data) {
        for (const store of Object.keys(await driver.observe())) {
          if (!store.includes('.')) continue;
          if (purge) await removeWhole(driver, store, parts.forget);
          else await driver.stop({ service: store }, { signal: AbortSignal.timeout(END_MS) });
        }
      }
    },
    close: async () => {
      await Promise.all([restorer.close(), branches.close(), drills.close()]);
    },
  };
}
