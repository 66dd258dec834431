import type { Failure } from '@islet/client';
import type { Generation, Progress, RevisionId, StableGeneration } from '@islet/plan';
import type { DrillKind } from '../drill/drills.ts';
import type { Database } from './database.ts';
import { type Between, decisionsBetween } from './decisions-between.ts';
import type { Drilled } from './drilled.ts';
import { endsCounter, lastDrills, lastScaled } from './last-decisions.ts';

/** What the control plane decided or learnt, and must not forget. Append-only, but for old ends. */
export type Decision =
  | { readonly kind: 'applied'; readonly revision: number; readonly text: string }
  | {
      readonly kind: 'promoted';
      readonly service: string;
      readonly revision: RevisionId;
      readonly generation: Generation;
    }
  | { readonly kind: 'failed'; readonly service: string; readonly generation: Generation; readonly failure: Failure }
  /** Traffic was moved on: so many steps are behind it. */
  | {
      readonly kind: 'advanced';
      readonly service: string;
      readonly generation: Generation;
      readonly step: number;
      readonly why: string;
    }
  | { readonly kind: 'paused' | 'resumed'; readonly service: string; readonly generation: Generation }
  | {
      readonly kind: 'migrated';
      readonly service: string;
      readonly revision: RevisionId;
      readonly files: readonly string[];
      /** Contract migrations that are still to come. */
      readonly later?: readonly string[];
      /** What was dangerous of them and was let through; absent: nothing. */
      readonly hazards?: readonly string[];
    }
  /** Its store was made or started: which migrations it holds is to be found out anew. */
  | { readonly kind: 'provisioned'; readonly service: string }
  /** Its store lets nobody in any more by the credentials that were replaced. */
  | { readonly kind: 'retired'; readonly service: string }
  | { readonly kind: 'ended'; readonly service: string; readonly instance: string; readonly how: string }
  | { readonly kind: 'killed'; readonly service: string; readonly instance: string; readonly why: string }
  | {
      readonly kind: 'contracted';
      readonly service: string;
      readonly revision: RevisionId;
      readonly files: readonly string[];
    }
  | { readonly kind: 'purged'; readonly service: string }
  | {
      readonly kind: 'drill';
      readonly service: string;
      readonly drill: DrillKind;
      readonly instance: string;
      readonly until: number;
    }
  | {
      readonly kind: 'scaled';
      readonly service: string;
      readonly from: number;
      readonly to: number;
      readonly why: string;
    }
  | {
      readonly kind: 'proxy-died';
      readonly inFlight: number;
      /** When the proxy that took over was started; it tells one death from the next. */
      readonly successor: number;
    }
  /** `id` is the wish's; its store is now as of `target`, and the old one is kept aside. */
  | { readonly kind: 'restored'; readonly service: string; readonly id: string; readonly text: string }
  /** The old store is back in its place. */
  | { readonly kind: 'restore-failed'; readonly service: string; readonly id: string; readonly why: string }
  /** Its store as it was before these migrations ran. */
  | {
      readonly kind: 'restore-point';
      readonly service: string;
      readonly at: number;
      readonly migrations: readonly string[];
    }
  | { readonly kind: 'drilled'; readonly service: string; readonly drill: Drilled }
  | { readonly kind: 'note'; readonly text: string };

type ServiceKind = Extract<Decision, { readonly service: string }>['kind'];

export interface DecisionRow {
  readonly seq: number;
  readonly at: number;
  readonly service: string | undefined;
  readonly decision: Decision;
}

export interface Decisions {
  record(decision: Decision, now: number): void;
  list(options: { readonly service?: string | undefined; readonly since?: number | undefined }): DecisionRow[];
  /** In a stretch of time, oldest first. */
  between(stretch: Between): readonly DecisionRow[];
  /** The newest of a kind. */
  latest<K extends Decision['kind']>(kind: K): Extract<Decision, { kind: K }> | undefined;
  /** The last drill of each service. */
  drills(): readonly Extract<Decision, { kind: 'drill' }>[];
  /** The last changes of a service's number of instances, newest last. */
  changesOf(service: string, count: number): readonly ScaleChange[];
  /** The number of instances that was decided last; undefined: none ever was. */
  scaled(service: string): number | undefined;
  /** The newest of a kind, of one service. */
  latestOf<K extends ServiceKind>(service: string, kind: K): Extract<Decision, { kind: K }> | undefined;
  /** How often instances of a service ended since then, unasked for. */
  endsSince(service: string, at: number): number;
  /** What the decisions add up to, for one service. */
  rollouts(service: string): Rollouts;
}

export interface ScaleChange {
  readonly at: number;
  readonly decision: Extract<Decision, { kind: 'scaled' }>;
}

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
  /** Revisions that can't be gone back to, with the contract migration that took something from them. */
  readonly cutOff: ReadonlyMap<RevisionId, string>;
  /** Revisions that were promoted, newest first. */
  readonly promoted: readonly RevisionId[];
}

/** At most this many decisions are listed at once. */
const PAGE = 500;
/** Revisions and failures of one service that still matter; with a revision for each save, there are many. */
const REMEMBERED = 50;
/** Ends of instances and the like that are kept, for all services together: a crash loop has no end. */
const KEPT_EVENTS = 50_000;

export function openDecisions(database: Database): Decisions {
  database
    .prepare(
      `DELETE FROM decisions WHERE kind IN ('ended', 'killed', 'scaled') AND seq <= (SELECT MAX(seq) FROM decisions) - ?
       AND seq NOT IN (SELECT MAX(seq) FROM decisions WHERE kind = 'scaled' GROUP BY service)`,
    )
    .run(KEPT_EVENTS);
  const insert = database.prepare('INSERT INTO decisions (at, service, kind, detail) VALUES (?, ?, ?, ?)');
  const recent = database.prepare(
    `SELECT * FROM (SELECT seq, at, service, detail FROM decisions
     WHERE seq > ?1 AND (?2 IS NULL OR service = ?2) ORDER BY seq DESC LIMIT ${PAGE}) ORDER BY seq`,
  );
  const newest = database.prepare('SELECT detail FROM decisions WHERE kind = ? ORDER BY seq DESC LIMIT 1');
  const changes = database.prepare(
    "SELECT at, detail FROM decisions WHERE service = ? AND kind = 'scaled' ORDER BY seq DESC LIMIT ?",
  );
  const newestOf = database.prepare(
    'SELECT detail FROM decisions WHERE service = ? AND kind = ? ORDER BY seq DESC LIMIT 1',
  );
  const rollouts = new Map<string, Rollouts>(replay(database));
  const scaled = new Map<string, number>(lastScaled(database));
  const drills = new Map(lastDrills(database).map((drill) => [drill.service, drill] as const));
  return {
    record(decision, now) {
      const service = 'service' in decision ? decision.service : null;
      insert.run(now, service, decision.kind, JSON.stringify(decision));
      if (decision.kind === 'drill') drills.set(decision.service, decision);
      if (decision.kind === 'scaled') scaled.set(decision.service, decision.to);
      else if (decision.kind === 'purged') scaled.delete(decision.service);
      if (service !== null) rollouts.set(service, after(rollouts.get(service) ?? NONE, decision, now));
    },
    list: ({ service, since = 0 }) =>
      (recent.all(since, service ?? null) as unknown as Row[]).map(({ detail, service, ...row }) => ({
        ...row,
        service: service ?? undefined,
        decision: JSON.parse(detail) as Decision,
      })),
    between: decisionsBetween(database),
    latest: (kind) => {
      const row = newest.get(kind) as Pick<Row, 'detail'> | undefined;
      return row && JSON.parse(row.detail);
    },
    drills: () => [...drills.values()],
    changesOf: (service, count) =>
      (changes.all(service, count) as unknown as Row[])
        .map(({ at, detail }) => ({ at, decision: JSON.parse(detail) as ScaleChange['decision'] }))
        .reverse(),
    scaled: (service) => scaled.get(service),
    latestOf: (service, kind) => {
      const row = newestOf.get(service, kind) as Pick<Row, 'detail'> | undefined;
      return row && JSON.parse(row.detail);
    },
    endsSince: endsCounter(database),
    rollouts: (service) => rollouts.get(service) ?? NONE,
  };
}

interface Row {
  readonly seq: number;
  readonly at: number;
  readonly service: string | null;
  readonly detail: string;
}

const NONE: Rollouts = {
  stable: undefined,
  promotedAt: 0,
  fallback: undefined,
  progress: undefined,
  failed: new Map(),
  migrated: [],
  contracts: [],
  cutOff: new Map(),
  promoted: [],
};

function replay(database: Database): Map<string, Rollouts> {
  const rows = database
    .prepare(
      "SELECT at, service, detail FROM decisions WHERE kind IN ('promoted','failed','advanced','paused','resumed','provisioned','migrated','contracted','purged') ORDER BY seq",
    )
    .all() as unknown as Row[];
  const rollouts = new Map<string, Rollouts>();
  for (const { at, service, detail } of rows) {
    if (service === null) continue;
    rollouts.set(service, after(rollouts.get(service) ?? NONE, JSON.parse(detail) as Decision, at));
  }
  return rollouts;
}

function after(rollouts: Rollouts, decision: Decision, at: number): Rollouts {
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
        contracts:
          decision.later === undefined ? rollouts.contracts : newestFirst(decision.revision, rollouts.contracts),
      };
    case 'contracted': {
      const { revision, files } = decision;
      const contracts = rollouts.contracts.filter((other) => other !== revision);
      const [file] = files;
      const before = file === undefined ? [] : rollouts.promoted.filter((other) => other !== revision);
      const cutOff = new Map([...rollouts.cutOff, ...before.map((other) => [other, file ?? ''] as const)]);
      return { ...rollouts, contracts, cutOff: new Map([...cutOff].slice(-REMEMBERED)) };
    }
    case 'purged':
      return NONE;
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
