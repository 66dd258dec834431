import { existsSync, mkdirSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { buffer } from 'node:stream/consumers';
import {
  bringAll,
  choose,
  folderRepository,
  openVault,
  type RecoveryKey,
  type Repository,
  readCatalog,
  readCopy,
  type Wanted,
} from '@islet/backup';
import { type CallOptions, DriverError, type Layout, layoutOf } from '@islet/driver';
import { writeAtomically } from '../own-file.ts';
import { openState, type State } from '../state.ts';
import type { Applied, AppliedService } from '../store/applied.ts';
import { backupFiles } from './files.ts';
import { backedUpStores, type KeptStore, keptStores } from './kept-stores.ts';
import { STATE_STORE, type StateBundle } from './state-reader.ts';

export interface RecoverRequest {
  /** Where the state is to be; empty. */
  readonly state: string;
  readonly from: Repository;
  readonly by: RecoveryKey;
  readonly wanted: Wanted;
  readonly now: number;
}

export interface Recovered {
  readonly system: string;
  readonly objects: number;
  readonly services: readonly RecoveredService[];
  /** Between the oldest and the newest of what comes back; 0: all is of one instant. */
  readonly skewMs: number;
}

/** A store; of a service that keeps nothing, the service. */
export interface RecoveredService {
  readonly name: string;
  /** As of when its data comes back; undefined: it has none, or none that can be brought back. */
  readonly at: number | undefined;
  readonly why: string | undefined;
}

/**
 * A whole system on an empty machine, from a repository and the recovery key: first what Islet itself knows, then, for
 * each service with a store, the wish that the store be restored. Whoever starts the control plane next carries the wishes
 * out, like every wish.
 */
export async function recover(request: RecoverRequest, options: CallOptions): Promise<Recovered> {
  const layout: Layout = { state: request.state, runtime: request.state };
  if (existsSync(layoutOf.database(layout))) {
    throw new DriverError('refused', `${request.state} holds a system already`, { hint: 'move it away first' });
  }
  // Before anything is written: a wrong key leaves nothing behind.
  const bundle = await readBundle(request, options);
  mkdirSync(layoutOf.backup(layout), { recursive: true, mode: 0o700 });
  const objects = await bringAll(request.from, folderRepository(backupFiles.repository(layout)), options);
  writeAtomically(backupFiles.key(layout), request.by.bytes);
  writeAtomically(backupFiles.exported(layout), request.by.id);
  writeAtomically(layoutOf.key(layout), Buffer.from(bundle.key, 'base64'));
  writeAtomically(layoutOf.database(layout), Buffer.from(bundle.database, 'base64'));
  forgetPlace(layout);
  const state = openState(request.state);
  try {
    return { ...(await wishAll(state, request, options)), objects };
  } finally {
    state.close();
  }
}

async function readBundle({ from, by }: RecoverRequest, options: CallOptions): Promise<StateBundle> {
  const vault = await openVault({ repository: from, service: STATE_STORE, by }, options);
  const choice = choose(await readCatalog(vault, options), { kind: 'latest' });
  if (choice.kind === 'none')
    throw new DriverError('not-found', `Islet's own state is not in ${from.place}: ${choice.reason}`);
  const bytes = await buffer(readCopy(vault, choice.offer, options));
  return JSON.parse(bytes.toString()) as StateBundle;
}

/** Where services' files were is decided anew: it may be another machine, and another folder. */
function forgetPlace(layout: Layout): void {
  using database = new DatabaseSync(layoutOf.database(layout));
  database.exec("DELETE FROM meta WHERE key = 'runtime'");
}

async function wishAll(
  state: State,
  request: RecoverRequest,
  options: CallOptions,
): Promise<Omit<Recovered, 'objects'>> {
  const { wanted, now } = request;
  const before = state.applied.current();
  if (before === undefined) throw new DriverError('not-found', 'the system that was backed up was never started');
  const found = await Promise.all(before.services.map((service) => storesOf(service, state.layout, request, options)));
  const services: AppliedService[] = before.services.map((service, index) => {
    const back = new Set((found[index] ?? []).flatMap(({ name, at }) => (at === undefined ? [] : [name])));
    const stores = backedUpStores(service.spec).flatMap(({ id, kind }) => (back.has(id) ? [kind] : []));
    if (stores.length === 0) return service;
    return { ...service, restoring: { id: `${now}-${index}`, wanted, askedAt: now, stores } };
  });
  state.applied.put({ ...before, services, goingDown: false, gone: [] } satisfies Applied, now);
  const instants = found.flat().flatMap(({ at }) => at ?? []);
  const skewMs = instants.length === 0 ? 0 : Math.max(...instants) - Math.min(...instants);
  return { system: before.system, services: found.flat(), skewMs };
}

async function storesOf(
  { spec }: AppliedService,
  layout: Layout,
  request: RecoverRequest,
  options: CallOptions,
): Promise<readonly RecoveredService[]> {
  const { name, database } = spec;
  const stores = keptStores(spec);
  const found = await Promise.all(stores.map((store) => whatOf(store, layout, request, options)));
  if (database?.engine === 'external') return [{ name, at: undefined, why: NOT_OURS }, ...found];
  return found.length === 0 ? [{ name, at: undefined, why: undefined }] : found;
}

const NOT_OURS = 'its data is not backed up by Islet';

async function whatOf(
  { id: name, backup }: KeptStore,
  layout: Layout,
  { by, wanted }: RecoverRequest,
  options: CallOptions,
): Promise<RecoveredService> {
  if (backup === undefined) return { name, at: undefined, why: NOT_OURS };
  try {
    const repository = folderRepository(backupFiles.repository(layout));
    const vault = await openVault({ repository, service: name, by }, options);
    const choice = choose(await readCatalog(vault, options), wanted);
    if (choice.kind === 'none') return { name, at: undefined, why: choice.reason };
    const { offer, target } = choice;
    // What came after the end of the log is not there, whatever was asked for.
    const at = target.kind === 'time' ? Math.min(target.at, offer.to) : offer.to;
    return { name, at, why: undefined };
  } catch (error) {
    options.signal.throwIfAborted();
    return { name, at: undefined, why: DriverError.from(error).message };
  }
}
