import { type DrillAnswer, drillProblems, type Wanted } from '@islet/backup';
import { type DataDriver, DriverError, type Layout, type StoreBackups } from '@islet/driver';
import type { DrillSpec } from '@islet/spec';
import type { Logger } from 'pino';
import type { Clock } from '../clock.ts';
import type { AppliedStore } from '../store/applied.ts';
import type { Decisions } from '../store/decisions.ts';
import type { Drilled } from '../store/drilled.ts';
import { type Forget, remove, removeWhole } from './aside.ts';
import { backedUpStores, type KeptStore, partyOf } from './kept-stores.ts';
import { driversOf, restoreStores } from './restore-store.ts';
import type { SmokeOutcome, SmokeTest } from './smoke/smoke-test.ts';

export interface DrillParts {
  readonly layout: Layout;
  readonly applied: AppliedStore;
  readonly decisions: Decisions;
  readonly data: readonly DataDriver[];
  readonly clock: Clock;
  readonly log: Logger;
  readonly redact: (text: string) => string;
  /** The newest instant that can be restored; undefined: there is no backup yet. */
  readonly newest: (store: string) => number | undefined;
  readonly forget: Forget;
  readonly smoke: SmokeTest;
  /** One has ended: what waits for it may go on. */
  readonly onChange: () => void;
}

export interface Drills {
  /** After a turn: begins what is due, one at a time. */
  look(): void;
  /** At once. Returns the instant that the drill must have begun after. */
  ask(store: string): number;
  last(store: string): Drilled | undefined;
  running(): string | undefined;
  close(): Promise<void>;
}

const DRILL_MS = 6 * 3_600_000;
/** After one that failed, before the next. */
const RETRY_MS = 3_600_000;
const LATEST: Wanted = { kind: 'latest' };
const NO_SMOKE: SmokeOutcome = { told: undefined, problems: [] };

type Party = readonly [KeptStore, ...KeptStore[]];

function drillStore(service: string): string {
  return `drill.${service}`;
}

/** Restores the newest backup of each store beside it, from time to time, and holds it against what must be true of it. */
export function createDrills(parts: DrillParts): Drills {
  const { applied, decisions, clock, log } = parts;
  const asked = new Map<string, number>();
  const closing = new AbortController();
  let running: { readonly store: string; readonly work: Promise<void> } | undefined;
  let cleaned = false;

  const begin = (party: Party, drill: DrillSpec) => {
    const [{ id: service }] = party;
    const startedAt = clock.now();
    const work = drillOnce(party, drill, startedAt)
      .then((drilled) => {
        decisions.record({ kind: 'drilled', service, drill: drilled }, clock.now());
        if (drilled.problems.length > 0) log.error({ service, problems: drilled.problems }, 'a restore drill failed');
        else log.info({ service, rtoMs: drilled.rtoMs }, 'a backup has proved that it comes back');
      })
      .catch((error: Error) => {
        if (!closing.signal.aborted) log.error({ service, error: error.message }, 'a restore drill could not be made');
      })
      .finally(() => {
        running = undefined;
        parts.onChange();
        if (asked.get(service) !== undefined && (asked.get(service) ?? 0) <= startedAt) asked.delete(service);
      });
    running = { store: service, work };
  };

  const drillOnce = async (party: Party, drill: DrillSpec, startedAt: number): Promise<Drilled> => {
    const [{ id, service }] = party;
    const signal = AbortSignal.any([closing.signal, AbortSignal.timeout(DRILL_MS)]);
    const drivers = driversOf(party, parts.data);
    const as = drillStore(service);
    const failed = (error: unknown) => ({
      startedAt,
      finishedAt: clock.now(),
      copy: undefined,
      rtoMs: undefined,
      rpoMs: undefined,
      problems: [parts.redact(DriverError.from(error).message)],
    });
    try {
      const newestThen = parts.newest(id) ?? 0;
      for (const driver of drivers) await remove(driver, as, signal);
      const { moment } = await restoreStores({ stores: party, as, wanted: LATEST }, parts, { signal });
      const offer = moment.parts[0]?.choice?.offer;
      if (offer === undefined) throw new DriverError('unsupported', `${id} is no store that can be restored`);
      const rtoMs = clock.now() - startedAt;
      const newest = Math.max(offer.to, newestThen);
      const findings: string[] = [];
      for (const { backups } of drivers) findings.push(...((await backups?.check({ service: as }, { signal })) ?? []));
      const answers = await askAll(drivers[0]?.backups, as, drill, signal);
      const found = drillProblems({ findings, rtoMs, maxRtoMs: drill.maxRtoMs, restoredTo: newest, answers });
      // Last: it may write into what was restored. A file from before the key was there says nothing of it.
      const smoke = drill.smoke === false ? NO_SMOKE : await parts.smoke({ service, as }, { signal });
      const problems = [...found, ...smoke.problems];
      return {
        startedAt,
        finishedAt: clock.now(),
        copy: offer.copy.id,
        rtoMs,
        rpoMs: Math.max(0, startedAt - newest),
        smoke: smoke.told && parts.redact(smoke.told),
        problems: problems.map(parts.redact),
      };
    } catch (error) {
      closing.signal.throwIfAborted();
      return failed(error);
    } finally {
      for (const driver of drivers) {
        await removeWhole(driver, as, parts.forget).catch((error: Error) =>
          log.warn({ service: id, error: error.message }, "a drill's store is not removed yet"),
        );
      }
    }
  };

  /** A control plane that was killed in a drill leaves its store. */
  const clean = async () => {
    for (const driver of parts.data) {
      for (const store of Object.keys(await driver.observe())) {
        if (store.startsWith(drillStore('')) && running === undefined) await removeWhole(driver, store, parts.forget);
      }
    }
  };

  const dueAt = (store: string, { everyMs }: DrillSpec): number => {
    const last = lastOf(store);
    if (asked.has(store)) return 0;
    if (last === undefined) return (firstSeen.get(store) ?? clock.now()) + FIRST_MS;
    return last.problems.length === 0 ? last.startedAt + everyMs : last.finishedAt + Math.min(RETRY_MS, everyMs);
  };
  const firstSeen = new Map<string, number>();
  const lastOf = (store: string) => decisions.latestOf(store, 'drilled')?.drill;

  return {
    look: () => {
      const now = applied.current();
      if (
        now === undefined ||
        now.goingDown ||
        now.mode === 'in-place' ||
        running !== undefined ||
        closing.signal.aborted
      )
        return;
      if (!cleaned) {
        cleaned = true;
        void clean().catch(() => {});
      }
      const free = now.services.filter(({ restoring }) => restoring === undefined);
      const stores = free.flatMap(({ spec }) => backedUpStores(spec).map((store) => ({ spec, store })));
      for (const { spec, store } of stores) {
        const { id, drill } = store;
        if (drill === undefined) continue;
        if (parts.newest(id) === undefined && !asked.has(id)) continue;
        if (!firstSeen.has(id)) firstSeen.set(id, clock.now());
        if (dueAt(id, drill) <= clock.now()) return begin(partyOf(spec, store), drill);
      }
    },
    ask: (store) => {
      const at = clock.now();
      asked.set(store, at);
      return at;
    },
    last: lastOf,
    running: () => running?.store,
    close: async () => {
      closing.abort();
      await running?.work;
    },
  };
}

/** Not in the hurry of a first start. */
const FIRST_MS = 10 * 60_000;

export async function askAll(
  backups: StoreBackups | undefined,
  service: string,
  { check }: DrillSpec,
  signal: AbortSignal,
): Promise<readonly DrillAnswer[]> {
  const answers: DrillAnswer[] = [];
  for (const { query, ...rule } of check) {
    if (backups === undefined) break;
    const answer = await backups.ask({ service, query }, { signal }).then(
      (text) => ({ kind: 'value', text }) as const,
      (error: unknown) => ({ kind: 'failed', why: DriverError.from(error).message }) as const,
    );
    signal.throwIfAborted();
    answers.push({ query, rule, answer });
  }
  return answers;
}
