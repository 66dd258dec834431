import {
  type Copy,
  choose,
  type Era,
  isUnlogged,
  type Offer,
  offersOf,
  readCatalog,
  recoveryKeyText,
  verifyVault,
  type Wanted,
} from '@islet/backup';
import { type Answer, ApiError } from '@islet/client';
import { DriverError } from '@islet/driver';
import { branchStore } from '../backup/branches.ts';
import { backupFiles, ensureRecoveryKey } from '../backup/files.ts';
import { backupOf } from '../backup/overseer.ts';
import { openOwnVault } from '../backup/restore-store.ts';
import { asideOf, remove } from '../backup/restorer.ts';
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
  const { parts, hands, care } = system;
  const { layout, decisions } = parts.state;
  const { clock } = parts;

  /** Of a service that is backed up. */
  const backedUp = (service: string) => {
    const { spec } = wanted(service);
    if (parts.backups !== undefined && backupOf(spec) !== undefined) return spec;
    throw new ApiError('conflict', `${service} is not backed up`, {
      hint: 'declare a database that Islet runs, with backups',
    });
  };
  const driverOf = (service: string) => {
    const { spec } = wanted(service);
    const driver = hands.dataOf(spec);
    if (driver?.backups !== undefined) return { driver, backups: driver.backups };
    throw new ApiError('conflict', `${service} has no store that can be restored`);
  };
  const vaultOf = (service: string, signal: AbortSignal) => openOwnVault(layout, service, { signal });

  return {
    backups: () => backupStatus(system),
    backUp: ({ params: { service = '' } }) => {
      backedUp(service);
      return { askedAt: parts.backups?.ask(service) ?? 0 };
    },
    backupList: async ({ params: { service = '' }, signal }) => {
      wanted(service);
      const catalog = await readCatalog(await vaultOf(service, signal), { signal });
      const offers = offersOf(catalog);
      const copies = catalog.eras.flatMap((era) => era.copies.map((copy) => copyOf(copy, era, offers)));
      return copies.toReversed();
    },
    verifyBackups: async ({ params: { service = '' }, signal }) => {
      wanted(service);
      const { findings, unfinished, ...rest } = await verifyVault(await vaultOf(service, signal), { signal });
      return { ...rest, findings: [...findings], unfinished: [...unfinished] };
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
      const { driver } = driverOf(service);
      if (restoring !== undefined) throw new ApiError('conflict', `${service} is being restored already`);
      if ((await driver.observe())[asideOf(service)] !== undefined) {
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
      const { driver } = driverOf(service);
      const aside = asideOf(service);
      if (restoring !== undefined) throw new ApiError('conflict', `${service} is being restored just now`);
      if ((await driver.observe())[aside] === undefined) {
        throw new ApiError('not-found', `no data of ${service} from before a restore is kept`);
      }
      if (!undo) {
        await remove(driver, aside, signal);
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
      const { driver } = driverOf(service);
      const wish = wishOf(service, to);
      await ensureChoice(service, wish, signal);
      return tellBranch(care.branches.make({ name, service, wanted: wish, driver }));
    },
    dropBranch: async ({ params: { branch = '' } }) => {
      await care.branches.drop(branch);
      return { dropped: true };
    },
    countRows: async ({ params: { service = '' }, query: { branch }, signal }) => {
      const { backups } = driverOf(service);
      const store = branch === undefined ? service : branchStore(branch);
      return { ...(await backups.count({ service: store }, { signal })) };
    },

    drill: ({ params: { service = '' } }) => {
      const { database } = backedUp(service);
      driverOf(service);
      if (database?.engine === 'external' || database?.drill === undefined) {
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

  /** An instant by its name, or as it is written. */
  function wishOf(service: string, to: string): Wanted {
    if (to !== BEFORE_MIGRATION) return parseWanted(to);
    const point = decisions.latestOf(service, 'restore-point');
    if (point !== undefined) return { kind: 'time', at: point.at };
    throw new ApiError('not-found', `no migration of ${service} has run since it is backed up`);
  }

  /** Before anything is stopped for it. */
  async function ensureChoice(service: string, wish: Wanted, signal: AbortSignal): Promise<void> {
    const choice = choose(await readCatalog(await vaultOf(service, signal), { signal }), wish);
    if (choice.kind === 'found') return;
    throw new DriverError('not-found', choice.reason, choice.hint === undefined ? {} : { hint: choice.hint });
  }

  async function tellBranch({ name, service, asOf, startedAt, state, why }: ReturnType<typeof care.branches.make>) {
    const url =
      state === 'ready' ? (await driverOf(service).driver.connection({ service: branchStore(name) })).url : undefined;
    return { name, service, asOf, startedAt, state, ...defined({ why, url }) };
  }
}

function copyOf(copy: Copy, era: Era, offers: readonly Offer[]): Answer<'backupList'>[number] {
  const { id, startedAt, bytes: storedBytes } = copy;
  const known = { id, startedAt, storedBytes };
  switch (copy.kind) {
    case 'unfinished':
      return { ...known, state: 'unfinished' };
    case 'damaged':
      return { ...known, state: 'damaged', problem: copy.problem };
    case 'whole': {
      const { finishedAt, plainBytes } = copy.manifest;
      const offer = offers.find((one) => one.copy.id === id);
      if (offer === undefined && isUnlogged(era, copy)) return { ...known, state: 'unfinished' };
      if (offer === undefined) return { ...known, state: 'damaged', problem: 'the log that it needs is missing' };
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
