import { X509Certificate } from 'node:crypto';
import { readFile, statfs } from 'node:fs/promises';
import { layoutOf } from '@islet/driver';
import { backupStatus } from '../api/backup-status.ts';
import type { Applied } from '../store/applied.ts';
import type { System } from '../system.ts';
import { openAlertStore } from './database.ts';
import type { Certificate, Disk } from './rules/machine.ts';
import { createSentinel, type Sentinel } from './sentinel.ts';

/** The sentinel of a whole system: where each thing that it looks at is to be found. */
export function sentinelOf(system: System): Sentinel {
  const { parts, redact, status } = system;
  const { applied, decisions, secrets, layout } = parts.state;
  return createSentinel({
    store: openAlertStore(layoutOf.alerts(layout)),
    applied: applied.current,
    stats: parts.stats,
    status: status.latest,
    endsSince: decisions.endsSince,
    backups: () => ({
      troubles: backupStatus(system).filter(({ state }) => state === 'on'),
      place: parts.backups?.place(),
    }),
    forwards: async () => {
      await parts.telemetry?.askForwards();
      return parts.telemetry?.forwards.conditions(parts.clock.now()) ?? [];
    },
    disks: () => disksOf([layout.state, layout.runtime]),
    certificates: certificatesOf,
    secret: secrets.get,
    redact,
    clock: parts.clock,
    log: parts.log,
    idle: parts.idle ?? false,
  });
}

/** Two folders of one disk are one. */
async function disksOf(folders: readonly string[]): Promise<readonly Disk[]> {
  const disks = await Promise.all([...new Set(folders)].map(diskOf));
  return disks.filter((disk, index) => disks.findIndex(({ id }) => id === disk.id) === index);
}

async function diskOf(path: string): Promise<Disk & { readonly id: string }> {
  const { bavail, bfree, blocks } = await statfs(path);
  // What root alone may use is not to be had, as `df` counts.
  const used = blocks - bfree;
  return { path, usedPercent: (100 * used) / Math.max(1, used + bavail), id: `${blocks} ${bfree}` };
}

async function certificatesOf({ gateway }: Applied): Promise<readonly Certificate[]> {
  const files = gateway.tls?.certificates ?? [];
  return Promise.all(
    files.map(async ({ cert }) => ({
      file: cert,
      validTo: Date.parse(new X509Certificate(await readFile(cert)).validTo),
    })),
  );
}
