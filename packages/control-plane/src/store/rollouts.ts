import type { Failure } from '@islet/client';
import type { Generation, Progress, RevisionId, StableGeneration } from '@islet/plan';
import type { Decision } from './decisions.ts';

/** What the decisions on one service's rollouts add up to. */
export interface Rollouts {
  readonly stable: StableGeneration | undefined;
  readonly promotedAt: number;
  /** What was promoted before `stable`, and not given up since. */
  readonly fallback: StableGeneration | undefined;
  /** Of the generation whose traffic was moved last. */
  readonly progress: Progress | undefined;
  readonly failed: ReadonlyMap<Generation, Failure>;
  readonly migrated: readonly RevisionId[];
  /** Of these, whose contract migrations are still to be applied. */
  readonly contracts: readonly RevisionId[];
  /** Which these are, of each. */
  readonly later: ReadonlyMap<RevisionId, readonly string[]>;
  /** Revisions that can't be gone back to, with the contract migration that took something from them. */
  readonly cutOff: ReadonlyMap<RevisionId, string>;
  /** Revisions that were promoted, newest first. */
  readonly promoted: readonly RevisionId[];
}

/** Revisions and failures of one service that still matter; with a revision for each save, there are many. */
const REMEMBERED = 50;
export const NO_ROLLOUTS: Rollouts = {
  stable: undefined,
  promotedAt: 0,
  fallback: undefined,
  progress: undefined,
  failed: new Map(),
  migrated: [],
  contracts: [],
  later: new Map(),
  cutOff: new Map(),
  promoted: [],
};

/** What a decision makes of what those before added up to. */
export function afterDecision(rollouts: Rollouts = NO_ROLLOUTS, decision: Decision, at: number): Rollouts {
  switch (decision.kind) {
    case 'promoted': {
      const { revision, generation } = decision;
      const promoted = newestFirst(revision, rollouts.promoted);
      const failed = without(rollouts.failed, generation);
      const cutOff = without(rollouts.cutOff, revision);
      // Said twice, it is promoted once.
      if (rollouts.stable?.generation === generation) return { ...rollouts, failed, promoted, cutOff };
      const { stable: fallback } = rollouts;
      return { ...rollouts, stable: { revision, generation }, fallback, promotedAt: at, failed, promoted, cutOff };
    }
    case 'failed': {
      const { generation, failure } = decision;
      const failed = new Map([...rollouts.failed, [generation, failure] as const].slice(-REMEMBERED));
      const wasStable = rollouts.stable?.generation === generation;
      return wasStable
        ? { ...rollouts, failed, stable: rollouts.fallback, fallback: undefined }
        : { ...rollouts, failed };
    }
    case 'advanced': {
      const { generation, step } = decision;
      return { ...rollouts, progress: { generation, step, since: at, paused: false } };
    }
    case 'paused':
    case 'resumed': {
      const { generation, kind } = decision;
      const known = rollouts.progress?.generation === generation ? rollouts.progress : undefined;
      const { step = 0, since = 0 } = known ?? {};
      return {
        ...rollouts,
        progress: { generation, step, since: kind === 'resumed' ? at : since, paused: kind === 'paused' },
      };
    }
    case 'provisioned':
      return rollouts.migrated.length === 0 ? rollouts : { ...rollouts, migrated: [], contracts: [] };
    case 'migrated':
      return {
        ...rollouts,
        migrated: newestFirst(decision.revision, rollouts.migrated),
        ...(decision.later === undefined
          ? {}
          : {
              contracts: newestFirst(decision.revision, rollouts.contracts),
              later: new Map([...rollouts.later, [decision.revision, decision.later] as const].slice(-REMEMBERED)),
            }),
      };
    case 'contracted': {
      const { revision, files } = decision;
      const contracts = rollouts.contracts.filter((other) => other !== revision);
      const [file] = files;
      const before = file === undefined ? [] : rollouts.promoted.filter((other) => other !== revision);
      const cutOff = new Map([...rollouts.cutOff, ...before.map((other) => [other, file ?? ''] as const)]);
      return {
        ...rollouts,
        contracts,
        later: without(rollouts.later, revision),
        cutOff: new Map([...cutOff].slice(-REMEMBERED)),
      };
    }
    case 'purged':
      return NO_ROLLOUTS;
    default:
      return rollouts;
  }
}

function newestFirst(revision: RevisionId, others: readonly RevisionId[]): readonly RevisionId[] {
  return [revision, ...others.filter((other) => other !== revision)].slice(0, REMEMBERED);
}

function without<K, V>(map: ReadonlyMap<K, V>, key: K): ReadonlyMap<K, V> {
  const copy = new Map(map);
  copy.delete(key);
  return copy;
}
