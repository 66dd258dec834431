import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { S3Place, StoreOrder } from '@islet/backup';
import { type DataDriver, layoutOf, type StoreObservation, type StoreSource } from '@islet/driver';
import type { Supervisor } from '@islet/supervise';
import type { Logger } from 'pino';
import type { Clock } from '../clock.ts';
import { within } from '../deadlines.ts';
import { keepProcess } from '../kept-process.ts';
import { readIfThere, writeAtomically } from '../own-file.ts';
import type { TurnReport } from '../reconcile.ts';
import type { State } from '../state.ts';
import type { Applied } from '../store/applied.ts';
import { backupFiles, type Orders, readOrders, readTold, type Told } from './files.ts';
import { backedUpStores, type KeptStore } from './kept-stores.ts';
import { STATE_ENGINE, STATE_STORE } from './state-reader.ts';

export interface OverseerParts {
  readonly state: Pick<State, 'layout' | 'applied' | 'secrets'>;
  readonly data: readonly DataDriver[];
  readonly supervisor: Supervisor;
  readonly clock: Clock;
  readonly log: Logger;
  /** How the backup process is started. */
  readonly argv: readonly string[];
}

/** Tells the backup process what to do, and keeps it alive. */
export interface Overseer {
  /** After a turn: what is asked for, or how a store is reached, may have changed. */
  look(turn: TurnReport): void;
  /** A copy of a store at once. Returns the instant that a copy must have been begun after. */
  ask(stores: readonly string[]): number;
  orders(): readonly StoreOrder[];
  /** Where the second copy goes; undefined: nowhere. */
  place(): string | undefined;
  told(): Told | undefined;
  /** Somebody has the recovery key. */
  isKeyExported(): boolean;
  /** Ends the process, when everything else is gone. */
  stop(): Promise<void>;
  close(): void;
}

const PROCESS = 'backup';
/** Islet's own state, for what was decided; whatever somebody asks for, and each secret, is copied at once. */
const STATE_EVERY_MS = 5 * 60_000;
const SOURCE_MS = 30_000;

export function createOverseer(parts: OverseerParts): Overseer {
  const { state, clock, log } = parts;
  const { layout } = state;
  mkdirSync(layoutOf.backup(layout), { recursive: true, mode: 0o700 });
  /** As written. */
  const before = readOrders(layout);
  let orders: readonly StoreOrder[] = before?.stores ?? [];
  let to = before?.to;
  const sources = new Map<string, Reached>();
  let looking = false;
  let next: TurnReport | undefined;
  let closed = false;

  const kept = keepProcess(
    {
      name: PROCESS,
      argv: [...parts.argv, '--state', layout.state, '--runtime', layout.runtime],
      cwd: '/',
      env: { PATH: '/usr/bin:/bin' },
      user: undefined,
      log: join(layoutOf.logs(layout), 'backup.log'),
      limits: { cpu: undefined, memoryBytes: undefined },
      background: true,
    },
    parts,
  );
  const write = (stores: readonly StoreOrder[], place: S3Place | undefined) => {
    if (isDeepStrictEqual(stores, orders) && isDeepStrictEqual(place, to)) return;
    const next: Orders = { stores, to: place };
    writeAtomically(backupFiles.orders(layout), JSON.stringify(next));
    [orders, to] = [stores, place];
  };
  const update = async (turn: TurnReport) => {
    const applied = state.applied.current();
    // Until everything is gone what is written is still backed up.
    if (applied !== undefined && !applied.goingDown) {
      const wanted = await wantedOrders(applied, turn);
      // As of now: a copy may have been asked for while the ways to the stores were asked for.
      write(wanted.map(withAskedAt), placeOf(applied));
    }
    if (orders.length > 0) await kept.ensure();
  };
  const wantedOrders = async (applied: Applied, { look }: TurnReport): Promise<StoreOrder[]> => {
    if (applied.mode === 'in-place') return [];
    const found: StoreOrder[] = [];
    for (const store of applied.services.flatMap(({ spec }) => backedUpStores(spec))) {
      const { id, service, engine, backup } = store;
      const before = orders.find((order) => order.service === id);
      const seen = look.engines.find((one) => one.engine === engine)?.stores[service];
      const source = (await reach(store, seen)) ?? before?.source;
      if (source === undefined || backup === undefined) continue;
      found.push({ service: id, source, ...backup, askedAt: undefined });
    }
    return found.length === 0 ? [] : [...found, stateOrder()];
  };
  const withAskedAt = (order: StoreOrder): StoreOrder => {
    const before = orders.find(({ service }) => service === order.service);
    if (order.service !== STATE_STORE) return { ...order, askedAt: before?.askedAt };
    // A copy that was begun in the same millisecond may be without it.
    const changedAt = Math.max(state.applied.changedAt(), state.secrets.changedAt()) + 1;
    return { ...order, askedAt: Math.max(before?.askedAt ?? 0, changedAt) };
  };
  const stateOrder = (): StoreOrder => ({
    service: STATE_STORE,
    source: { engine: STATE_ENGINE, how: {} },
    everyMs: STATE_EVERY_MS,
    pitr: false,
    keep: { daily: 7, weekly: 4, monthly: 0 },
    askedAt: undefined,
  });
  /** Without a value for both secrets there is no second copy, and `status` goes on saying so. */
  const placeOf = ({ backup }: Applied): S3Place | undefined => {
    if (backup === undefined) return undefined;
    const { accessKey, secretKey, ...place } = backup;
    const [id, secret] = [accessKey, secretKey].map((one) => state.secrets.get(one.secret));
    return id === undefined || secret === undefined ? undefined : { ...place, accessKey: id, secretKey: secret };
  };
  /** Asked once for each start of a server. */
  const reach = async ({ id, service, engine }: KeptStore, store: StoreObservation | undefined) => {
    if (store?.kind !== 'ready') return undefined;
    const known = sources.get(id);
    if (known !== undefined && isDeepStrictEqual(known.store, store)) return known.source;
    const driver = parts.data.find((one) => one.engine === engine);
    const deadline = { clock, afterMs: SOURCE_MS, what: `the way to the store ${id}` };
    const source = await within(deadline, async (signal) => driver?.backups?.source({ service }, { signal })).catch(
      (error: Error) => {
        log.warn({ service: id, error: error.message }, 'a store is not backed up yet');
        return undefined;
      },
    );
    if (source !== undefined) sources.set(id, { store, source });
    return source;
  };
  const run = async () => {
    looking = true;
    while (next !== undefined && !closed) {
      const turn = next;
      next = undefined;
      await update(turn).catch((error: Error) => log.error({ error: error.message }, 'backups are not looked after'));
    }
    looking = false;
  };

  return {
    look: (turn) => {
      next = turn;
      if (!looking) void run();
    },
    ask: (stores) => {
      const askedAt = clock.now();
      write(
        orders.map((order) => (stores.includes(order.service) ? { ...order, askedAt } : order)),
        to,
      );
      return askedAt;
    },
    orders: () => orders,
    place: () => to && `s3://${to.bucket}/${to.prefix}`,
    told: () => readTold(layout),
    isKeyExported: () => readIfThere(backupFiles.exported(layout)) !== undefined,
    stop: async () => {
      closed = true;
      await kept.stop();
    },
    close: () => {
      closed = true;
      kept.close();
    },
  };
}

interface Reached {
  readonly store: StoreObservation;
  readonly source: StoreSource;
}
