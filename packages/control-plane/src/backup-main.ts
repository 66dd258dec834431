import { statSync } from 'node:fs';
import { setPriority } from 'node:os';
import { resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { isDeepStrictEqual, parseArgs } from 'node:util';
import {
  folderRepository,
  keepStore,
  type MirrorTold,
  mirrored,
  type Repository,
  removalsIn,
  type S3Place,
  type StoreKeeper,
  type StoreOrder,
  type StoreTold,
  s3Repository,
} from '@islet/backup';
import { createFilesReader } from '@islet/data-files';
import { createMariadbReader } from '@islet/data-mariadb';
import { createPostgresReader } from '@islet/data-postgres';
import { createRedisReader } from '@islet/data-redis';
import { createSqliteReader } from '@islet/data-sqlite';
import type { StoreReader } from '@islet/driver';
import { pino } from 'pino';
import { backupFiles, ensureRecoveryKey, readOrders, type Told } from './backup/files.ts';
import { createStateReader, STATE_STORE } from './backup/state-reader.ts';
import { SERVER_PATH } from './machine.ts';
import { writeAtomically } from './own-file.ts';

/*
 * The backup process of one system: follows the log of every store, and copies each when it is due.
 *
 *   node backup-main.ts --state DIR --runtime DIR
 *
 * It outlives the control plane, which tells it what to do by a file. It is nicer than whatever serves.
 */
const { values } = parseArgs({ options: { state: { type: 'string' }, runtime: { type: 'string' } } });
if (values.state === undefined || values.runtime === undefined) {
  process.stderr.write('usage: backup-main --state DIR --runtime DIR\n');
  process.exit(2);
}
const layout = { state: resolve(values.state), runtime: resolve(values.runtime) };
const log = pino({ base: { process: 'backup', pid: process.pid } }, pino.destination({ fd: 1, sync: true }));
const NICENESS = 10;
const LOOK_MS = 500;
const TELL_MS = 1_000;

setPriority(NICENESS);
const readers: readonly StoreReader[] = [
  createPostgresReader(),
  createMariadbReader(SERVER_PATH),
  createRedisReader(),
  createSqliteReader(),
  createFilesReader(),
  createStateReader(layout),
];
const local = folderRepository(backupFiles.repository(layout));
const by = ensureRecoveryKey(layout);
const now = () => Date.now();
const wait = async (ms: number, { signal }: { readonly signal: AbortSignal }) => pause(ms, undefined, { signal });
const oneAtATime = queue();
const tellStore = (told: StoreTold) => void latest.set(told.service, told);
const latest = new Map<string, StoreTold>();
const keepers = new Map<string, Keeping>();
interface Keeping {
  readonly order: StoreOrder;
  readonly keeper: StoreKeeper;
  readonly stop: AbortController;
}
/** The second place, and what writes to both. */
let second: { readonly to: S3Place; readonly repository: Repository; readonly stop: AbortController } | undefined;
let mirror: MirrorTold | undefined;
let looking = false;
let seenAt = -1;

await lookOnce();
tell();
setInterval(() => void lookOnce(), LOOK_MS);
setInterval(tell, TELL_MS);
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => void end());
log.info('backups are being made');

async function lookOnce(): Promise<void> {
  if (looking) return;
  looking = true;
  await look().catch((error: Error) => log.error({ error: error.message }, 'what is asked for can not be begun'));
  looking = false;
}

/** Whatever is asked for and not yet done so is begun, and what is asked for no more is ended. */
async function look(): Promise<void> {
  const changedAt = statSync(backupFiles.orders(layout), { throwIfNoEntry: false })?.mtimeMs ?? 0;
  if (changedAt === seenAt) return;
  const orders = readOrders(layout);
  if (orders === undefined) return;
  seenAt = changedAt;
  if (!isDeepStrictEqual(orders.to, second?.to)) await changePlace(orders.to);
  const wanted = new Map(orders.stores.map((order) => [order.service, order]));
  for (const [service, { order }] of keepers) {
    const next = wanted.get(service);
    if (next === undefined || !isSame(order, next)) stopKeeping(service);
  }
  for (const [service, order] of wanted) {
    const known = keepers.get(service);
    if (known === undefined) beginKeeping(order);
    else known.keeper.ask(order.askedAt);
  }
}

function beginKeeping(order: StoreOrder): void {
  const reader = readers.find(({ engine }) => engine === order.source.engine);
  if (reader === undefined) {
    log.warn({ service: order.service }, 'nothing here can back up such a store');
    return;
  }
  const stop = new AbortController();
  const repository = second?.repository ?? local;
  // Islet's own state is small, and waits for nobody.
  const inTurn = order.service === STATE_STORE ? <T>(act: () => Promise<T>) => act() : oneAtATime;
  const parts = { reader, repository, by, now, pause: wait, oneAtATime: inTurn, tell: tellStore };
  const keeper = keepStore(order, parts, { signal: stop.signal });
  keepers.set(order.service, { order, keeper, stop });
  log.info({ service: order.service }, 'a store is being backed up');
}

function tellMirror(told: MirrorTold): void {
  mirror = told;
}

/** Whoever writes now writes to the old place: all begin anew. */
async function changePlace(to: S3Place | undefined): Promise<void> {
  for (const service of [...keepers.keys()]) stopKeeping(service);
  second?.stop.abort();
  second = undefined;
  mirror = undefined;
  if (to === undefined) return;
  const stop = new AbortController();
  const there = await s3Repository(to);
  const parts = {
    from: local,
    to: there,
    removals: removalsIn(backupFiles.removals(layout), `${to.endpoint ?? ''} ${there.place}`),
    now,
    pause: wait,
    tell: tellMirror,
  };
  const { repository } = mirrored(parts, { signal: stop.signal });
  second = { to, repository, stop };
}

function stopKeeping(service: string): void {
  keepers.get(service)?.stop.abort();
  keepers.delete(service);
  latest.delete(service);
}

function isSame({ askedAt: _some, ...order }: StoreOrder, { askedAt: _other, ...other }: StoreOrder): boolean {
  return isDeepStrictEqual(order, other);
}

function tell(): void {
  const told: Told = { pid: process.pid, at: Date.now(), stores: [...latest.values()], mirror };
  writeAtomically(backupFiles.told(layout), JSON.stringify(told));
}

async function end(): Promise<void> {
  const ending = [...keepers.values()].map(({ keeper }) => keeper.ended);
  for (const service of [...keepers.keys()]) stopKeeping(service);
  await Promise.race([Promise.all(ending), pause(5_000)]);
  process.exit(0);
}

function queue(): <T>(act: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  return (act) => {
    const next = last.then(act, act);
    last = next.catch(() => {});
    return next;
  };
}
