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
import { type KeptStore, keptStores, partiesOf, type StoreKind } from './kept-stores.ts';
import { instantOf, momentOf, skewNotes } from './moment.ts';
import { catalogsOf } from './restore-store.ts';
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
    const stores = (found[index] ?? []).flatMap(({ kinds }) => kinds);
    if (stores.length === 0) return service;
    return { ...service, restoring: { id: `${now}-${index}`, wanted, askedAt: now, stores } };
  });
  state.applied.put({ ...before, services, goingDown: false, gone: [] } satisfies Applied, now);
  const instants = found.flat().flatMap((one) => one.instants);
  const skewMs = instants.length === 0 ? 0 : Math.max(...instants) - Math.min(...instants);
  return { system: before.system, services: found.flat().map(({ told }) => told), skewMs };
}

/** What comes back together of a service. */
interface Back {
  readonly told: RecoveredService;
  readonly kinds: readonly StoreKind[];
  readonly instants: readonly number[];
}

function notBack(name: string, why: string | undefined): Back {
  return { told: { name, at: undefined, why }, kinds: [], instants: [] };
}

async function storesOf(
  { spec }: AppliedService,
  layout: Layout,
  request: RecoverRequest,
  options: CallOptions,
): Promise<readonly Back[]> {
  const { name, database } = spec;
  const parties = partiesOf(keptStores(spec));
  const found = await Promise.all(parties.map((party) => whatOf(party, layout, request, options)));
  if (database?.engine === 'external') return [notBack(name, NOT_OURS), ...found];
  return found.length === 0 ? [notBack(name, undefined)] : found;
}

const NOT_OURS = 'its data is not backed up by Islet';

async function whatOf(
  party: readonly [KeptStore, ...KeptStore[]],
  layout: Layout,
  { by, wanted }: RecoverRequest,
  options: CallOptions,
): Promise<Back> {
  const [{ id: name, backup }] = party;
  if (backup === undefined) return notBack(name, NOT_OURS);
  try {
    const repository = folderRepository(backupFiles.repository(layout));
    const open = (service: string) => openVault({ repository, service, by }, options);
    const moment = momentOf(wanted, await catalogsOf(party, open, options));
    if (moment.kind === 'none') return notBack(name, moment.reason);
    const found = moment.parts.flatMap(({ store, choice }) =>
      choice === undefined ? [] : [{ store, at: instantOf(choice) }],
    );
    const notes = skewNotes(moment.parts);
    return {
      told: { name, at: found[0]?.at, why: notes.length > 0 ? notes.join('; ') : undefined },
      kinds: found.map(({ store }) => store.kind),
      instants: found.map(({ at }) => at),
    };
  } catch (error) {
    options.signal.throwIfAborted();
    return notBack(name, DriverError.from(error).message);
  }
}
