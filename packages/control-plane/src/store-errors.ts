import type { ServiceSpec, SpecError } from '@islet/spec';
import type { ApplyParts } from './apply-parts.ts';
import type { StoreRefusal } from './declared-stores.ts';
import { type Applied, type Restoring, wishFor } from './store/applied.ts';

/** What the data that is there means for an `up`. */
export interface StoreVerdict {
  readonly errors: readonly SpecError[];
  /** Services whose data is to be taken over to the version that their file asks for. */
  readonly upgrades: ReadonlySet<string>;
}

/**
 * A file that asks for what the data can't be is mistaken, as one that names an unknown service is: it is told with its place, and
 * nothing changes, so that what runs can be started again at any time as it was asked for. Unless it says how to get there.
 */
export async function judgeStores(
  services: readonly ServiceSpec[],
  {
    before,
    parts,
  }: { readonly before: Applied | undefined; readonly parts: Pick<ApplyParts, 'refusals' | 'noUpgrade'> },
): Promise<StoreVerdict> {
  const errors: SpecError[] = [];
  const upgrades = new Set<string>();
  for (const service of services) {
    const { name, database } = service;
    // Its data is being replaced just now: what is there is neither the one nor the other.
    if (wishFor(name, before) !== undefined) continue;
    const refused = await parts.refusals(service);
    if (refused.length === 0) continue;
    const isCopied = database?.upgrade === 'copy';
    const trouble = isCopied
      ? (await parts.noUpgrade(service)).map((error) => ({ engine: database.engine, error }))
      : refused;
    if (trouble.length === 0) upgrades.add(name);
    errors.push(...trouble.map((one) => errorOf(service, one)));
  }
  return { errors, upgrades };
}

export function upgradeWish(now: number): Restoring {
  return { id: String(now), wanted: { kind: 'upgrade' }, askedAt: now, stores: ['database'] };
}

/** What whoever asks for it should know. */
export function upgradeWarnings({ upgrades }: Pick<StoreVerdict, 'upgrades'>): readonly string[] {
  return [...upgrades].map(
    (name) => `${name} is down while its data is taken over to another version (database.upgrade)`,
  );
}

function errorOf(service: ServiceSpec, { engine, error }: StoreRefusal): SpecError {
  const { file, origins, database } = service;
  const [path, found] = saidBy(engine, database);
  const origin = origins.get(path);
  const place = origin?.kind === 'file' ? origin.place : { file, line: 1, column: 1 };
  return { place, path, rule: 'value', message: error.reason, found, hint: error.hint };
}

/** What in the file asks for it. */
function saidBy(
  engine: StoreRefusal['engine'],
  database: ServiceSpec['database'],
): readonly [string, string | undefined] {
  if (engine === 'redis') return ['redis.as', undefined];
  if (engine !== 'postgres') return ['database.engine', engine];
  if (database?.upgrade !== undefined) return ['database.upgrade', database.upgrade];
  return ['database.version', database?.server?.version?.toString()];
}
