import type { StoreTold } from '@islet/backup';
import type { Told } from './files.ts';

/** The newest instant that can be restored: what came since the last piece of the log was nothing. */
export function newestOf({ restorable, log }: StoreTold): number {
  return Math.max(restorable?.to ?? 0, log.kind === 'followed' ? log.at : 0);
}

/** The same of a store by its name; undefined: there is no backup of it yet. */
export function newestIn(told: Told | undefined, store: string): number | undefined {
  const found = told?.stores.find(({ service }) => service === store);
  return found?.last && newestOf(found);
}
