import {
  type Copy,
  type Era,
  isUnlogged,
  type Offer,
  offersOf,
  recoveryKeyText,
  type Verified,
  verifyVault,
  type Wanted,
} from '@islet/backup';
import { type Answer, ApiError } from '@islet/client';
import { branchStore } from '../backup/branches.ts';
import { backupFiles, ensureRecoveryKey } from '../backup/files.ts';
import { drillOf, keptStores } from '../backup/kept-stores.ts';
import { catalogsOf, driversOf, findMoment, openOwnVault } from '../backup/restore-store.ts';
import { asideOf, hasAside, remove } from '../backup/restorer.ts';
import { readIfThere, writeAtomically } from '../own-file.ts';
import type { AppliedService } from '../store/applied.ts';
import type { System } from '../system.ts';
import { backupStatus } from './backup-status.ts';
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
  const { parts, care } = system;
  const { layout, decisions } = parts.state;
  const { clock } = parts;

  /** Of a service that is backed up. */
  const backedUp = (service: string) => {
    const { spec } = wanted(service);
    if (parts.backups !== undefined && keptStores(spec).length > 0) return spec;
    throw new ApiError('conflict', `${service} is not backed up`, {
      hint: 'declare a database that Islet runs, or volumes, with backups',
    });
  };
  /** Of a service that keeps something on this machine. */
  const storesOf = (service: string) => {
    const stores = keptStores(wanted(service).spec);
    if (stores.length > 0) return { stores, drivers: driversOf(stores, parts.data) };
    throw new ApiError('conflict', `${service} has no store that can be restored`);
  };
  const vaultsOf = (service: string, signal: AbortSignal) => {
    const vaults = keptStores(wanted(service).spec).map(({ vault }) => vault);
    return Promise.all(vaults.map((vault) => openOwnVault(layout, vault, { signal })));
  };

  return {
    backups: () => backupStatus(system),
    backUp: ({ params: { service = '' } }) => {
      const vaults = keptStores(backedUp(service)).map(({ vault }) => vault);
      return { askedAt: parts.backups?.ask(vaults) ?? 0 };
    },
    backupList: async ({ params: { service = '' }, signal }) => {
      const { stores } = storesOf(service);
      const catalogs = await catalogsOf(stores, (vault) => openOwnVault(layout, vault, { signal }), { signal });
      const copies = catalogs.flatMap(({ store: { engine }, catalog }) => {
        if (catalog === undefined) return [];
        const offers = offersOf(catalog);
        return catalog.eras.flatMap((era) => era.copies.map((copy) => copyOf(copy, { era, offers, engine })));
      });
      return copies.toSorted((a, b) => b.startedAt - a.startedAt);
    },
    verifyBackups: async ({ params: { service = '' }, signal }) => {
      storesOf(service);
      const verdicts: Verified[] = [];
      for (const vault of await vaultsOf(service, signal)) verdicts.push(await verifyVault(vault, { signal }));
      const sum = (of: 'copies' | 'logPieces' | 'bytes') => verdicts.reduce((total, verdict) => total + verdict[of], 0);
      return {
        ...{ copies: sum('copies'), logPieces: sum('logPieces'), bytes: sum('bytes') },
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

    restore: async ({ params: { service = '' }, body: { to }, signal }) => {
      const { restoring } = wanted(service);
      const { drivers } = storesOf(service);
      if (restoring !== undefined) throw new ApiError('conflict', `${service} is being restored already`);
      if (await hasAside(drivers, service)) {
        throw new ApiError('conflict', `the data of ${service} from before its last restore is still kept`, {
          hint: `islet restore ${service} --confirm deletes it, --undo brings it back`,
        });
      }
      const wish = wishOf(service, to);
      await ensureChoice(service, wish, signal);
      const id = String(clock.now());
      const askedAt = clock.now();
      change(service, () => ({ restoring: { id, wanted: wish, askedAt } }), `restore ${service} --to ${to}`);
      return { id };
    },
    restoreResult: ({ params: { service = '', id = '' } }) => {
      const [done, failed] = [decisions.latestOf(service, 'restored'), decisions.latestOf(service, 'restore-failed')];
      if (done?.id === id) return { state: 'restored', text: done.text };
      if (failed?.id === id) return { state: 'failed', text: failed.why };
      return { state: 'restoring', text: '' };
    },
    endRestore: async ({ params: { service = '' }, body: { undo }, signal }) => {
      const { restoring } = wanted(service);
      const { drivers } = storesOf(service);
      if (restoring !== undefined) throw new ApiError('conflict', `${service} is being restored just now`);
      if (!(await hasAside(drivers, service))) {
        throw new ApiError('not-found', `no data of ${service} from before a restore is kept`);
      }
      if (!undo) {
        for (const driver of drivers) await remove(driver, asideOf(service), signal);
        decisions.record(
          { kind: 'note', text: `the data of ${service} from before its restore is deleted` },
          clock.now(),
        );
        return { id: '' };
      }
      const id = String(clock.now());
      const wish = { id, wanted: { kind: 'aside' }, askedAt: clock.now() } as const;
      change(service, () => ({ restoring: wish }), `restore ${service} --undo`);
      return { id };
    },

    branches: async () => Promise.all(care.branches.list().map((branch) => tellBranch(branch))),
    makeBranch: async ({ params: { service = '' }, body: { to, name }, signal }) => {
      const { stores } = storesOf(service);
      const wish = wishOf(service, to);
      await ensureChoice(service, wish, signal);
      return tellBranch(care.branches.make({ name, service, wanted: wish, stores }));
    },
    dropBranch: async ({ params: { branch = '' } }) => {
      await care.branches.drop(branch);
      return { dropped: true };
    },
    countRows: async ({ params: { service = '' }, query: { branch }, signal }) => {
      const store = branch === undefined ? service : branchStore(branch);
      const counts: Record<string, number> = {};
      for (const { engine, backups } of storesOf(service).drivers) {
        const found = (await backups?.count({ service: store }, { signal })) ?? {};
        for (const [name, count] of Object.entries(found)) counts[engine === 'files' ? `${name}/` : name] = count;
      }
      return counts;
    },

    drill: ({ params: { service = '' } }) => {
      if (drillOf(backedUp(service)) === undefined) {
        throw new ApiError('conflict', `${service} has no drill`, { hint: 'its file says "drill: off"' });
      }
      const askedAt = care.drills.ask(service);
      system.reconciler.poke();
      return { askedAt };
    },
    drillResult: ({ params: { service = '' } }) => {
      const last = care.drills.last(service);
      if (last === undefined) return {};
      const { copy, rtoMs, rpoMs, smoke, problems, ...times } = last;
      return { last: { ...times, ...defined({ copy, rtoMs, rpoMs, smoke }), problems: [...problems] } };
    },
  };

  /** Its database by a URL, its files by a folder. */
  async function reachBranch(service: string, store: string): Promise<{ url?: string; files?: string }> {
    const reached: { url?: string; files?: string } = {};
    for (const driver of storesOf(service).drivers) {
      if ((await driver.observe())[store] === undefined) continue;
      const { url, path } = await driver.connection({ service: store });
      if (driver.engine !== 'files') reached.url = url;
      else if (path !== undefined) reached.files = path;
    }
    return reached;
  }

  /** An instant by its name, or as it is written. */
  function wishOf(service: string, to: string): Wanted {
    if (to !== BEFORE_MIGRATION) return parseWanted(to);
    const point = decisions.latestOf(service, 'restore-point');
    if (point !== undefined) return { kind: 'time', at: point.at };
    throw new ApiError('not-found', `no migration of ${service} has run since it is backed up`);
  }

  /** Before anything is stopped for it. */
  async function ensureChoice(service: string, wish: Wanted, signal: AbortSignal): Promise<void> {
    await findMoment({ stores: storesOf(service).stores, wanted: wish }, layout, { signal });
  }

  async function tellBranch({ name, service, asOf, startedAt, state, why }: ReturnType<typeof care.branches.make>) {
    const reached = state === 'ready' ? await reachBranch(service, branchStore(name)) : {};
    return { name, service, asOf, startedAt, state, ...defined({ why }), ...reached };
  }
}

function copyOf(
  copy: Copy,
  { era, offers, engine }: { readonly era: Era; readonly offers: readonly Offer[]; readonly engine: string },
): Answer<'backupList'>[number] {
  const { id, startedAt, bytes: storedBytes } = copy;
  const known = { id, engine, startedAt, storedBytes };
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

/** The instant before the last migrations ran. */
const BEFORE_MIGRATION = 'before-migration';

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
