import type { StoreTold } from '@islet/backup';

/** The newest instant that can be restored: what came since the last piece of the log was nothing. */
export function newestOf({ restorable, log }: StoreTold): number {
  return Math.max(restorable?.to ?? 0, log.kind === 'followed' ? log.at : 0);
}
