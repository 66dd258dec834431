import type { Wanted } from '@islet/backup';
import type { InstanceId, RevisionId } from '@islet/plan';
import type { WrittenLines } from '@islet/policy';
import type {
  AlertsSpec,
  GatewaySpec,
  MachineSpec,
  OffMachineSpec,
  ServiceMeaning,
  SystemTelemetrySpec,
} from '@islet/spec';
import type { StoreKind } from '../backup/kept-stores.ts';
import { type Database, inTransaction } from './database.ts';

/** What was last asked for, complete: the control plane works from this alone, and never reads the files in between. */
export interface Applied {
  readonly system: string;
  readonly environment: string | undefined;
  readonly gateway: GatewaySpec;
  /** What automatic scaling may give away; undefined: what it may without being told. */
  readonly machine?: MachineSpec | undefined;
  /** Where the second copy of all backups is kept. */
  readonly backup?: OffMachineSpec | undefined;
  /** Who is told of alerts; undefined: an older Islet was asked. */
  readonly alerts?: AlertsSpec | undefined;
  /** How other systems get at its telemetry; undefined: an older Islet was asked. */
  readonly telemetry?: SystemTelemetrySpec | undefined;
  readonly mode: 'revisions' | 'in-place';
  /** `PATH` of the person who asked. */
  readonly path: string;
  readonly services: readonly AppliedService[];
  /** Where the files write what they say of each service. */
  readonly lines?: Readonly<Record<string, WrittenLines>> | undefined;
  /** Services that are asked to be gone. */
  readonly gone: readonly GoneService[];
  /** Islet itself ends once everything is gone. */
  readonly goingDown: boolean;
}

export interface AppliedService {
  readonly spec: LaunchSpec;
  readonly revision: RevisionId;
  /** Content key of its files when the revision was named; undefined in place, where there is nothing to name. */
  readonly inputsKey?: string | undefined;
  /** How often `islet restart` was asked for since the revision was. */
  readonly restarts: number;
  /** What a person asked for, or the file's `scale.min`; where the number follows something, what it begins with. */
  readonly instances: number;
  /** `scale.min` of the file when `islet scale` was asked for; the wish ends when the file changes. */
  readonly scaledFrom: number | undefined;
  /** Instances that a person took out of traffic. */
  readonly drained?: readonly InstanceId[] | undefined;
  /** Where it reaches each of its `uses`: what its instances are told. */
  readonly edges?: Readonly<Record<string, number>> | undefined;
  /** Services to wait for at a cold start. */
  readonly after: readonly string[];
  readonly blocked: readonly string[];
  readonly since: number;
  /** Services that one request asked for roll out in the order of `uses`; the number of that request. */
  readonly wave?: number | undefined;
  /** It ran before: it is gone back to at once, without steps, and is not watched again. */
  readonly isRollback?: boolean | undefined;
  /** What `islet rollback` has left; the next `up` may bring it in again. */
  readonly wentBackFrom?: RevisionId | undefined;
  /** All that one `islet rollback` after the other has left: none of them is "the one before", though it is newer. */
  readonly leftBehind?: readonly RevisionId[] | undefined;
  /** Its store is being replaced by a restored one: until that is done it is down. */
  readonly restoring?: Restoring | undefined;
}

/** What was asked for when it was asked, so that whoever goes on with it means the same. */
export interface Restoring {
  /** Tells one restore from the next. */
  readonly id: string;
  /** `aside`: the store that the last restore put aside. `upgrade`: what is there, in the version that the file asks for. */
  readonly wanted: Wanted | { readonly kind: 'aside' } | { readonly kind: 'upgrade' };
  readonly askedAt: number;
  /** Which of its stores; absent: its database. */
  readonly stores?: readonly StoreKind[] | undefined;
  /** All whose wish has this `id` come back together, with what was asked for then, or none does. */
  readonly rewind?: RewindPart | undefined;
}

export interface RewindPart {
  /** The moment that the whole system goes back to. */
  readonly to: number;
  /** What became of this service's store; absent: nothing yet. */
  readonly ended?: 'restored' | 'failed';
}

/** A parsed service without the places of its values. */
export type LaunchSpec = ServiceMeaning;

export interface GoneService {
  readonly name: string;
  readonly after: readonly string[];
  readonly drainMs: number;
  readonly longLivedMs: number;
  readonly stopGraceMs: number;
  readonly purge: boolean;
  /** Its data was to be restored, and still is once it is asked for again. */
  readonly restoring?: Restoring | undefined;
}

/** What is still to be done with a service's data, also of one that was stopped in between. */
export function wishFor(service: string, applied: Applied | undefined): Restoring | undefined {
  const wanted = applied?.services.find(({ spec }) => spec.name === service);
  return (wanted ?? applied?.gone.find(({ name }) => name === service))?.restoring;
}

export interface AppliedStore {
  /** Grows with each change; 0: nothing was ever asked for. */
  seq(): number;
  current(): Applied | undefined;
  /** When that was asked for; 0: nothing was. */
  changedAt(): number;
  /** What was asked for at that instant, as far back as documents are kept. */
  at(time: number): Applied | undefined;
  /** Keeps it, and every revision in it, durably. */
  put(applied: Applied, now: number): number;
  /** How a revision is run, also one that is no longer asked for: as its file said last. */
  launch(service: string, revision: RevisionId): LaunchSpec | undefined;
}

/** Documents that are kept: enough to see what was asked for lately. `islet dev` asks with every save. */
const KEPT_DOCUMENTS = 200;
/** Specs of revisions that are kept in memory. */
const CACHED_LAUNCHES = 2_000;

export function openApplied(database: Database): AppliedStore {
  const latest = database.prepare('SELECT seq, at, document FROM applied ORDER BY seq DESC LIMIT 1');
  const atTime = database.prepare('SELECT document FROM applied WHERE at <= ? ORDER BY seq DESC LIMIT 1');
  const insert = database.prepare('INSERT INTO applied (at, document) VALUES (?, ?)');
  const prune = database.prepare('DELETE FROM applied WHERE seq <= ?');
  const remember = database.prepare(
    `INSERT INTO revisions (service, revision, at, launch) VALUES (?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET launch = excluded.launch WHERE launch <> excluded.launch`,
  );
  const launch = database.prepare('SELECT launch FROM revisions WHERE service = ? AND revision = ?');

  const row = latest.get() as { seq: number; at: number; document: string } | undefined;
  let seq = row?.seq ?? 0;
  let changedAt = row?.at ?? 0;
  let current = row && (JSON.parse(row.document) as Applied);
  const launches = new Map<string, LaunchSpec>();

  return {
    seq: () => seq,
    current: () => current,
    changedAt: () => changedAt,
    at: (time) => {
      const found = atTime.get(time) as { document: string } | undefined;
      return found && (JSON.parse(found.document) as Applied);
    },
    put: (applied, now) => {
      seq = inTransaction(database, () => {
        for (const { spec, revision } of applied.services) {
          remember.run(spec.name, revision, now, JSON.stringify(spec));
        }
        const next = Number(insert.run(now, JSON.stringify(applied)).lastInsertRowid);
        prune.run(next - KEPT_DOCUMENTS);
        return next;
      });
      // Only what is on disk has been asked for.
      current = applied;
      changedAt = now;
      for (const { spec, revision } of applied.services) launches.delete(`${spec.name} ${revision}`);
      return seq;
    },
    launch: (service, revision) => {
      const key = `${service} ${revision}`;
      const known = launches.get(key);
      if (known !== undefined) return known;
      const found = launch.get(service, revision) as { launch: string } | undefined;
      if (found === undefined) return undefined;
      const spec = JSON.parse(found.launch) as LaunchSpec;
      if (launches.size >= CACHED_LAUNCHES) launches.clear();
      launches.set(key, spec);
      return spec;
    },
  };
}
