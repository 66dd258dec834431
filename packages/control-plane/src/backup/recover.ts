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
import { keptStores } from './kept-stores.ts';
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

export interface RecoveredService {
  readonly name: string;
  /** As of when its data comes back; undefined: it has none, or none that can be brought back. */
  readonly at: number | undefined;
  /** The same of the oldest of its stores. */
  readonly oldestAt?: number;
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
  const found = await Promise.all(before.services.map((service) => whatOf(service, state.layout, request, options)));
  const services: AppliedService[] = before.services.map((service, index) =>
    found[index]?.at === undefined
      ? service
      : { ...service, restoring: { id: `${now}-${index}`, wanted, askedAt: now } },
  );
  state.applied.put({ ...before, services, goingDown: false, gone: [] } satisfies Applied, now);
  const instants = found.flatMap(({ at }) => at ?? []);
  const oldest = found.flatMap(({ at, oldestAt }) => oldestAt ?? at ?? []);
  const skewMs = instants.length === 0 ? 0 : Math.max(...instants) - Math.min(...oldest);
  return { system: before.system, services: found, skewMs };
}

async function whatOf(
  { spec }: AppliedService,
  layout: Layout,
  { by, wanted, now }: RecoverRequest,
  options: CallOptions,
): Promise<RecoveredService> {
  const { name } = spec;
  const stores = keptStores(spec);
  const hasData = spec.database !== undefined || spec.volumes !== undefined;
  if (stores.length === 0)
    return { name, at: undefined, why: hasData ? 'its data is not backed up by Islet' : undefined };
  try {
    const repository = folderRepository(backupFiles.repository(layout));
    const open = (vault: string) => openVault({ repository, service: vault, by }, options);
    const moment = momentOf(wanted, await catalogsOf(stores, open, options));
    if (moment.kind === 'none') return { name, at: undefined, why: moment.reason };
    const [first, ...others] = moment.parts;
    const at = first?.choice && instantOf(first.choice);
    const instants = others.flatMap(({ choice }) => (choice === undefined ? [] : instantOf(choice)));
    const notes = skewNotes(moment.parts);
    return {
      name,
      at,
      oldestAt: Math.min(at ?? now, ...instants),
      why: notes.length > 0 ? notes.join('; ') : undefined,
    };
  } catch (error) {
    options.signal.throwIfAborted();
    return { name, at: undefined, why: DriverError.from(error).message };
  }
}
