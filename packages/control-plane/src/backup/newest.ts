import type { StoreTold } from '@islet/backup';
import type { LaunchSpec } from '../store/applied.ts';
import type { Told } from './files.ts';
import { keptStores } from './kept-stores.ts';

/** The newest instant that can be restored: what came since the last piece of the log was nothing. */
export function newestOf({ restorable, log }: StoreTold): number {
  return Math.max(restorable?.to ?? 0, log.kind === 'followed' ? log.at : 0);
}

/** The same of a service; undefined: there is no backup of it yet. */
export function newestIn(spec: LaunchSpec | undefined, told: Told | undefined): number | undefined {
  const vault = spec && keptStores(spec)[0]?.vault;
  const store = told?.stores.find(({ service }) => service === vault);
  return store?.last && newestOf(store);
}
