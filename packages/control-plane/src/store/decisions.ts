import type { Failure } from '@islet/client';
import type { ComputeInstance } from '@islet/driver';
import type { Generation, RevisionId } from '@islet/plan';
import type { DrillKind } from '../drill/drills.ts';
import type { Database } from './database.ts';
import { type Between, decisionsBetween } from './decisions-between.ts';
import type { Drilled } from './drilled.ts';
import { drillCounter, endsCounter, lastDrills, lastScaled } from './last-decisions.ts';
import { afterDecision, NO_ROLLOUTS, type Rollouts } from './rollouts.ts';

export type { Rollouts } from './rollouts.ts';

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
  /** It has ended so often that it will not be an accident. */
  | {
      readonly kind: 'crash-loop';
      readonly service: string;
      readonly instance: string;
      readonly exits: number;
      readonly how: string;
    }
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
  | { readonly kind: 'upgrade-failed'; readonly service: string; readonly id: string; readonly why: string }
  | { readonly kind: 'restore-failed'; readonly service: string; readonly id: string; readonly why: string }
  /** All stores, and what is asked for, are of one moment again; or all is as before. `id` is the wish's. */
  | { readonly kind: 'rewound'; readonly id: string; readonly text: string }
  | { readonly kind: 'rewind-failed'; readonly id: string; readonly why: string }
  /** Its store as it was before these migrations ran. */
  | {
      readonly kind: 'restore-point';
      readonly service: string;
      readonly at: number;
      readonly migrations: readonly string[];
    }
  /** All of its store is in its backups as it was before it was taken over to that version. */
  | { readonly kind: 'upgrade-point'; readonly service: string; readonly at: number; readonly to: string }
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
  /** How many drills an instance has been through that may have ended it. */
  drillsAt(instance: Pick<ComputeInstance, 'id' | 'service'>): number;
  /** The last changes of a service's number of instances, newest last. */
  changesOf(service: string, count: number): readonly ScaleChange[];
  /** The number of instances that was decided last; undefined: none ever was. */
  scaled(service: string): number | undefined;
  /** The newest of a kind, of one service. */
  latestOf<K extends ServiceKind>(service: string, kind: K): Extract<Decision, { kind: K }> | undefined;
  /** How often instances of a service ended since then that did so again and again. */
  endsSince(service: string, at: number): number;
  /** What the decisions add up to, for one service. */
  rollouts(service: string): Rollouts;
}

export interface ScaleChange {
  readonly at: number;
  readonly decision: Extract<Decision, { kind: 'scaled' }>;
}

/** At most this many decisions are listed at once. */
const PAGE = 500;
/** Ends of instances and the like that are kept, for all services together: a crash loop has no end. */
const KEPT_EVENTS = 50_000;

export function openDecisions(database: Database): Decisions {
  database
    .prepare(
      `DELETE FROM decisions WHERE kind IN ('ended', 'crash-loop', 'killed', 'scaled') AND seq <= (SELECT MAX(seq) FROM decisions) - ?
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
  /** What was asked for once is asked for in every turn. */
  const known = new Map<string, Decision | undefined>();
  const drills = new Map(lastDrills(database).map((drill) => [drill.service, drill] as const));
  return {
    record(decision, now) {
      const service = 'service' in decision ? decision.service : null;
      insert.run(now, service, decision.kind, JSON.stringify(decision));
      if (service !== null && known.has(`${decision.kind} ${service}`))
        known.set(`${decision.kind} ${service}`, decision);
      if (decision.kind === 'drill') drills.set(decision.service, decision);
      if (decision.kind === 'scaled') scaled.set(decision.service, decision.to);
      else if (decision.kind === 'purged') scaled.delete(decision.service);
      if (service !== null) rollouts.set(service, afterDecision(rollouts.get(service), decision, now));
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
    drillsAt: drillCounter(database),
    changesOf: (service, count) =>
      (changes.all(service, count) as unknown as Row[])
        .map(({ at, detail }) => ({ at, decision: JSON.parse(detail) as ScaleChange['decision'] }))
        .reverse(),
    scaled: (service) => scaled.get(service),
    latestOf: (service, kind) => {
      const key = `${kind} ${service}`;
      if (!known.has(key)) {
        const row = newestOf.get(service, kind) as Pick<Row, 'detail'> | undefined;
        known.set(key, row && (JSON.parse(row.detail) as Decision));
      }
      return known.get(key) as Extract<Decision, { kind: typeof kind }> | undefined;
    },
    endsSince: endsCounter(database),
    rollouts: (service) => rollouts.get(service) ?? NO_ROLLOUTS,
  };
}

interface Row {
  readonly seq: number;
  readonly at: number;
  readonly service: string | null;
  readonly detail: string;
}

function replay(database: Database): Map<string, Rollouts> {
  const rows = database
    .prepare(
      "SELECT at, service, detail FROM decisions WHERE kind IN ('promoted','failed','advanced','paused','resumed','provisioned','migrated','contracted','purged') ORDER BY seq",
    )
    .all() as unknown as Row[];
  const rollouts = new Map<string, Rollouts>();
  for (const { at, service, detail } of rows) {
    if (service === null) continue;
    rollouts.set(service, afterDecision(rollouts.get(service), JSON.parse(detail) as Decision, at));
  }
  return rollouts;
}
