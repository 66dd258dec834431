import {
  type Copy,
  type Era,
  isUnlogged,
  type Offer,
  offersOf,
  readCatalog,
  recoveryKeyText,
  type Verified,
  verifyVault,
  type Wanted,
} from '@islet/backup';
import { type Answer, ApiError } from '@islet/client';
import { DriverError } from '@islet/driver';
import { asideOf, hasAside, remove } from '../backup/aside.ts';
import { branchStore, readyBranch } from '../backup/branches.ts';
import { backupFiles, ensureRecoveryKey } from '../backup/files.ts';
import { partyOf, serviceOfStore, storeNamed, whichOf } from '../backup/kept-stores.ts';
import { driversOf, findMoment, openOwnVault } from '../backup/restore-store.ts';
import { readIfThere, writeAtomically } from '../own-file.ts';
import type { AppliedService } from '../store/applied.ts';
import type { System } from '../system.ts';
import { backupStatusWithAside } from './backup-status.ts';
import type { Handlers } from './server.ts';

type Names =
  | 'backups'
  | 'backUp'
  | 'backupList'
  | 'verifyBackups'
  | 'exportRecoveryKey'
  | 'restore'
  | 'restoreResult'
  | 'endRestore'
  | 'branches'
  | 'makeBranch'
  | 'dropBranch'
  | 'countRows'
  | 'drill'
  | 'drillResult';

export interface BackupTools {
  readonly wanted: (service: string) => AppliedService;
  readonly change: (
    service: string,
    changes: (one: AppliedService) => Partial<AppliedService>,
    text: string,
  ) => { readonly revision: number };
}

/** Backups, restores and drills. */
export function backupHandlers(system: System, { wanted, change }: BackupTools): Pick<Handlers, Names> {
  const { parts, hands, care } = system;
  const { layout, decisions } = parts.state;
  const { clock } = parts;

  /** A store by what people call it: `orders`, `orders.redis`. */
  const named = (name: string) => {
    const { spec, restoring } = wanted(serviceOfStore(name));
    return { store: storeNamed(spec, name), service: spec.name, restoring };
  };
  const backedUp = (name: string) => {
    const { store } = named(name);
    if (parts.backups !== undefined && store?.backup !== undefined) return store;
    throw new ApiError('conflict', `${name} is not backed up`, {
      hint:
        whichOf(wanted(serviceOfStore(name)).spec, name) ??
        'declare a store that Islet runs, with backups; islet backup status names what there is',
    });
  };
  /** A store, and what comes back with it. */
  const storeOf = (name: string) => {
    const { spec, restoring } = wanted(serviceOfStore(name));
    const store = storeNamed(spec, name);
    const driver = store && hands.driverOf(store.engine);
    if (store !== undefined && driver?.backups !== undefined) {
      const party = partyOf(spec, store);
      return { store, party, service: spec.name, restoring, drivers: driversOf(party, parts.data) };
    }
    throw new ApiError('conflict', `${name} has no store that can be restored`, {
      hint: whichOf(spec, name) ?? 'islet backup status names what there is',
    });
  };
  /** Also what is not backed up any more. */
  const vaultsOf = (name: string, signal: AbortSignal) => {
    const { spec } = wanted(serviceOfStore(name));
    const store = storeNamed(spec, name);
    const ids = store === undefined ? [name] : partyOf(spec, store).map(({ id }) => id);
    // What comes back with it may not have been copied yet.
    const open = (id: string) => openOwnVault(layout, id, { signal });
    return Promise.all(ids.map((id, index) => (index === 0 ? open(id) : open(id).catch(orUndefined))));
  };

  return {
    backups: () => backupStatusWithAside(system),
    backUp: ({ params: { service = '' } }) => {
      const { spec } = wanted(serviceOfStore(service));
      const stores = partyOf(spec, backedUp(service)).map(({ id }) => id);
      return { askedAt: parts.backups?.ask(stores) ?? 0, stores };
    },
    backupList: async ({ params: { service = '' }, signal }) => {
      const copies: Answer<'backupList'> = [];
      for (const vault of await vaultsOf(service, signal)) {
        if (vault === undefined) continue;
        const catalog = await readCatalog(vault, { signal });
        const about = { store: vault.service, offers: offersOf(catalog) };
        copies.push(...catalog.eras.flatMap((era) => era.copies.map((copy) => copyOf(copy, era, about))));
      }
      return copies.toSorted((a, b) => b.startedAt - a.startedAt);
    },
    verifyBackups: async ({ params: { service = '' }, signal }) => {
      const verdicts: Verified[] = [];
      for (const vault of await vaultsOf(service, signal)) {
        if (vault !== undefined) verdicts.push(await verifyVault(vault, { signal }));
      }
      const sum = (of: 'copies' | 'logPieces' | 'bytes') => verdicts.reduce((total, verdict) => total + verdict[of], 0);
      return {
        copies: sum('copies'),
        logPieces: sum('logPieces'),
        bytes: sum('bytes'),
        findings: verdicts.flatMap(({ findings }) => findings),
        unfinished: verdicts.flatMap(({ unfinished }) => unfinished),
      };
    },
    exportRecoveryKey: ({ body: { again } }) => {
      const key = ensureRecoveryKey(layout);
      const mark = backupFiles.exported(layout);
      if (readIfThere(mark)?.toString() === key.id && !again) {
        throw new ApiError('conflict', `the recovery key ${key.id} was exported before`, {
          hint: 'if it was lost: islet backup key export --again',
        });
      }
      writeAtomically(mark, key.id);
      decisions.record({ kind: 'note', text: `the recovery key ${key.id} was exported` }, clock.now());
      system.reconciler.poke();
      return { id: key.id, key: recoveryKeyText(key) };
    },

    restore: async ({ params: { service: name = '' }, body: { to }, signal }) => {
      const { party, service, drivers, restoring } = storeOf(name);
      if (restoring !== undefined) throw new ApiError('conflict', `${service} is being restored already`);
      if (await hasAside(drivers, service)) {
        throw new ApiError('conflict', `the data of ${name} from before its last restore is still kept`, {
          hint: `islet restore ${name} --confirm deletes it, --undo brings it back`,
        });
      }
      const wish = wishOf(service, to);
      await findMoment({ stores: party, wanted: wish }, layout, { signal });
      const id = String(clock.now());
      const restore = { id, wanted: wish, askedAt: clock.now(), stores: party.map(({ kind }) => kind) };
      change(service, () => ({ restoring: restore }), `restore ${name} --to ${to}`);
      return { id };
    },
    restoreResult: ({ params: { service: name = '', id = '' } }) => {
      const service = serviceOfStore(name);
      const [done, failed] = [decisions.latestOf(service, 'restored'), decisions.latestOf(service, 'restore-failed')];
      if (done?.id === id) return { state: 'restored', text: done.text };
      if (failed?.id === id) return { state: 'failed', text: failed.why };
      return { state: 'restoring', text: '' };
    },
    endRestore: async ({ params: { service: name = '' }, body: { undo }, signal }) => {
      const { party, service, drivers, restoring } = storeOf(name);
      if (restoring !== undefined) throw new ApiError('conflict', `${service} is being restored just now`);
      if (!(await hasAside(drivers, service))) {
        throw new ApiError('not-found', `no data of ${name} from before a restore is kept`);
      }
      if (!undo) {
        for (const driver of drivers) await remove(driver, asideOf(service), signal);
        decisions.record({ kind: 'note', text: `the data of ${name} from before its restore is deleted` }, clock.now());
        return { id: '' };
      }
      const id = String(clock.now());
      const stores = party.map(({ kind }) => kind);
      const wish = { id, wanted: { kind: 'aside' }, askedAt: clock.now(), stores } as const;
      change(service, () => ({ restoring: wish }), `restore ${name} --undo`);
      return { id };
    },

    branches: async () => Promise.all(care.branches.list().map((branch) => tellBranch(branch))),
    makeBranch: async ({ params: { service: of = '' }, body: { to, name }, signal }) => {
      const { store, service, party } = storeOf(of);
      const wish = wishOf(service, to);
      await findMoment({ stores: party, wanted: wish }, layout, { signal });
      return tellBranch(care.branches.make({ name, service: store.id, wanted: wish, stores: party }));
    },
    dropBranch: async ({ params: { branch = '' } }) => {
      await care.branches.drop(branch);
      return { dropped: true };
    },
    countRows: async ({ params: { service: name = '' }, query: { branch }, signal }) => {
      const { store: of, service, drivers } = storeOf(name);
      const store = branch === undefined ? service : readyBranch(care.branches.list(), branch, of.id);
      const counts: Record<string, number> = {};
      for (const { engine, backups } of drivers) {
        const found = (await backups?.count({ service: store }, { signal })) ?? {};
        for (const [what, count] of Object.entries(found)) counts[engine === 'files' ? `${what}/` : what] = count;
      }
      return counts;
    },

    drill: ({ params: { service = '' } }) => {
      const { id, drill } = backedUp(service);
      storeOf(service);
      if (drill === undefined) {
        throw new ApiError('conflict', `${service} has no drill`, { hint: 'its file says "drill: off"' });
      }
      const askedAt = care.drills.ask(id);
      system.reconciler.poke();
      return { askedAt };
    },
    drillResult: ({ params: { service = '' } }) => {
      const last = care.drills.last(named(service).store?.id ?? service);
      if (last === undefined) return {};
      const { copy, rtoMs, rpoMs, smoke, problems, ...times } = last;
      return { last: { ...times, ...defined({ copy, rtoMs, rpoMs, smoke }), problems: [...problems] } };
    },
  };

  /** An instant by its name, or as it is written. */
  function wishOf(service: string, to: string): Wanted {
    const named = POINTS.get(to);
    if (named === undefined) return parseWanted(to);
    const point = decisions.latestOf(service, named.kind);
    if (point !== undefined) return { kind: 'time', at: point.at };
    throw new ApiError('not-found', `${named.none} of ${service} has run since it is backed up`);
  }

  async function tellBranch({ name, service, asOf, startedAt, state, why }: ReturnType<typeof care.branches.make>) {
    const reached = state === 'ready' ? await reachBranch(service, branchStore(name)) : {};
    return { name, service, asOf, startedAt, state, ...defined({ why }), ...reached };
  }

  /** Its database by a URL, its files by a folder. */
  async function reachBranch(service: string, store: string): Promise<{ url?: string; files?: string }> {
    const reached: { url?: string; files?: string } = {};
    for (const driver of storeOf(service).drivers) {
      if ((await driver.observe())[store] === undefined) continue;
      const { url, path } = await driver.connection({ service: store });
      if (driver.engine !== 'files') reached.url = url;
      else if (path !== undefined) reached.files = path;
    }
    return reached;
  }
}

function orUndefined(error: unknown): undefined {
  if (DriverError.from(error).code !== 'not-found') throw error;
}

function copyOf(
  copy: Copy,
  era: Era,
  { store, offers }: { readonly store: string; readonly offers: readonly Offer[] },
): Answer<'backupList'>[number] {
  const { id, startedAt, bytes: storedBytes } = copy;
  const known = { id, store, startedAt, storedBytes };
  switch (copy.kind) {
    case 'unfinished':
      return { ...known, state: 'unfinished' };
    case 'damaged':
      return { ...known, state: 'damaged', problem: copy.problem };
    case 'whole': {
      const { finishedAt, plainBytes } = copy.manifest;
      const offer = offers.find((one) => one.copy.id === id);
      if (offer === undefined && isUnlogged(era, copy)) return { ...known, state: 'unfinished' };
      if (offer === undefined)
        return {
          ...known,
          state: 'damaged',
          problem: 'the log that it needs, or a copy that it is based on, is missing',
        };
      return { ...known, finishedAt, plainBytes, state: 'whole', to: offer.to };
    }
  }
}

/** Instants that people name: before the last migrations ran, and before its data was taken over to another version. */
const POINTS: ReadonlyMap<string, { readonly kind: 'restore-point' | 'upgrade-point'; readonly none: string }> =
  new Map([
    ['before-migration', { kind: 'restore-point', none: 'no migration' }],
    ['before-upgrade', { kind: 'upgrade-point', none: 'no upgrade' }],
  ]);

/** `latest`, an instant, or a copy's name. */
export function parseWanted(to: string): Wanted {
  if (to === 'latest') return { kind: 'latest' };
  if (/^\d{8}T\d{9}Z$/.test(to)) return { kind: 'copy', copy: to };
  const at = Date.parse(to);
  if (!Number.isNaN(at)) return { kind: 'time', at };
  throw new ApiError('bad-request', `${to} is no instant`, {
    hint: 'write latest, 2026-11-27T02:25:04Z, or a name from `islet backup list`',
  });
}

function defined<T extends object>(values: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  const entries = Object.entries(values).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as { [K in keyof T]?: Exclude<T[K], undefined> };
}
