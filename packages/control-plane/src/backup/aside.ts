import type { DataDriver } from '@islet/driver';

/** Where a service's old store is kept until somebody confirms the restore. */
export function asideOf(service: string): string {
  return `aside.${service}`;
}

/** What was there before a restore is still kept. */
export async function hasAside(drivers: readonly DataDriver[], service: string): Promise<boolean> {
  const seen = await Promise.all(drivers.map((driver) => driver.observe()));
  return seen.some((stores) => stores[asideOf(service)] !== undefined);
}

/** What lies there beside an old store is what an earlier try left. */
export async function makeRoom(driver: DataDriver, name: string, signal: AbortSignal): Promise<void> {
  const aside = asideOf(name);
  if ((await driver.observe())[aside] === undefined) await setAside(driver, name, aside, signal);
  else await remove(driver, name, signal);
}

/** The old store takes its place again; nothing where that has happened already. */
export async function putBack(driver: DataDriver, name: string, signal: AbortSignal): Promise<void> {
  if ((await driver.observe())[asideOf(name)] === undefined) return;
  await remove(driver, name, signal);
  await driver.backups?.rename({ service: asideOf(name), to: name }, { signal });
}

export async function setAside(driver: DataDriver, name: string, aside: string, signal: AbortSignal): Promise<void> {
  const store = (await driver.observe())[name];
  // Its folder was lost: there is nothing to keep.
  if (store === undefined) return;
  await driver.stop({ service: name }, { signal });
  await driver.backups?.rename({ service: name, to: aside }, { signal });
}

/** Removes what else a store of that name has on this machine: its user. */
export type Forget = (store: string, options: { readonly signal: AbortSignal }) => Promise<void>;

const REMOVE_MS = 60_000;

/** A copy of a store, with its user. */
export async function removeWhole(driver: DataDriver, store: string, forget: Forget): Promise<void> {
  const signal = AbortSignal.timeout(REMOVE_MS);
  await remove(driver, store, signal);
  await forget(store, { signal });
}

export async function remove(driver: DataDriver, name: string, signal: AbortSignal): Promise<void> {
  await driver.stop({ service: name }, { signal });
  await driver.purge({ service: name }, { signal });
}
