import type { Condition, Severity } from '@islet/policy';

export interface Disk {
  readonly path: string;
  readonly usedPercent: number;
}

const DISK_PERCENT = { ticket: 80, page: 90 } as const;

export function fullDisks(disks: readonly Disk[]): readonly Condition[] {
  return disks.flatMap(({ path, usedPercent }): Condition[] => {
    if (usedPercent < DISK_PERCENT.ticket) return [];
    const severity: Severity = usedPercent < DISK_PERCENT.page ? 'ticket' : 'page';
    return [
      {
        rule: 'disk',
        service: undefined,
        part: path,
        severity,
        summary: `the disk of ${path} is ${Math.floor(usedPercent)} % full`,
        why: `${usedPercent.toFixed(1)} % are used; a ticket from ${DISK_PERCENT.ticket} %, a page from ${DISK_PERCENT.page} %`,
        help: 'make room, or keep less: telemetry, revisions and backups are below the state folder',
      },
    ];
  });
}

export interface Certificate {
  readonly file: string;
  readonly validTo: number;
}

const DAY_MS = 86_400_000;
const CERTIFICATE_DAYS = { ticket: 7, page: 1 } as const;

export function endingCertificates(certificates: readonly Certificate[], now: number): readonly Condition[] {
  return certificates.flatMap(({ file, validTo }): Condition[] => {
    const leftMs = validTo - now;
    if (leftMs >= CERTIFICATE_DAYS.ticket * DAY_MS) return [];
    const when = new Date(validTo).toISOString();
    return [
      {
        rule: 'certificate',
        service: undefined,
        part: file,
        severity: leftMs < CERTIFICATE_DAYS.page * DAY_MS ? 'page' : 'ticket',
        summary: leftMs < 0 ? `the certificate ${file} has ended` : `the certificate ${file} ends soon`,
        why: `it is valid until ${when}; said from ${CERTIFICATE_DAYS.ticket} days before`,
        help: 'renew it and put the new files in its place: the gateway takes them by itself',
      },
    ];
  });
}
