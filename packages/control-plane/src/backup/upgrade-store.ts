import { drillProblems } from '@islet/backup';
import { type DataDriver, DriverError } from '@islet/driver';
import type { Clock } from '../clock.ts';
import { declaredStores } from '../declared-stores.ts';
import type { AppliedService, LaunchSpec } from '../store/applied.ts';
import { asideOf, putBack, setAside } from './aside.ts';
import { askAll } from './drills.ts';
import { withoutWish } from './rewind.ts';

export interface UpgradeHands {
  readonly clock: Clock;
  /** What is being done now. */
  readonly say: (stage: string) => void;
  /** Of the old store, which runs: all of it can be brought back from its backups. */
  readonly point: () => Promise<void>;
  readonly signal: AbortSignal;
}

/**
 * A service's database in the version that its file asks for: all of the old one is written down, read into a new one, and counted.
 * Nobody uses it meanwhile. The old one stays aside, as after a restore. Whoever was killed in between begins anew from the old one,
 * which nothing has changed; and so does whoever fails.
 */
export async function upgradeStore(
  spec: LaunchSpec,
  driver: DataDriver,
  { clock, say, point, signal }: UpgradeHands,
): Promise<void> {
  const { name: service } = spec;
  const { upgrade, backups } = driver;
  const declared = declaredStores(spec).find(({ engine }) => engine === driver.engine);
  if (upgrade === undefined || backups === undefined || declared === undefined) {
    throw new DriverError('unsupported', `the data of ${service} can't be taken over to another version`);
  }
  const { settings, limits, server } = declared;
  const aside = asideOf(service);
  await putBack(driver, service, signal);
  say('backing up what came last');
  // Without a word of how: by the programs that it was started by last.
  await driver.provision({ service, url: undefined }, { signal });
  await point();
  say('counting its rows');
  const before = await backups.count({ service }, { signal });
  say('writing it down');
  await upgrade.write({ service, ...(server && { server }) }, { signal });
  await setAside(driver, service, aside, signal);
  say('reading it into a new store');
  const wanted = { ...(limits && { limits }), ...(server && { server }) };
  await driver.provision({ service, url: undefined, settings, ...wanted }, { signal });
  await upgrade.read({ service, from: aside }, { signal });
  say('counting its rows again');
  const differences = differencesOf(before, await backups.count({ service }, { signal }));
  const drill = spec.database?.engine === 'external' ? undefined : spec.database?.drill;
  const answers = drill === undefined ? [] : await askAll(backups, service, drill, signal);
  const facts = { findings: differences, rtoMs: 0, maxRtoMs: 0, restoredTo: clock.now(), answers };
  const problems = drillProblems(facts);
  if (problems.length > 0) throw new DriverError('refused', `the copy is not what it was: ${problems.join('; ')}`);
  await upgrade.forget({ service: aside });
}

type Counts = Readonly<Record<string, number>>;

/** Each a sentence. */
export function differencesOf(before: Counts, after: Counts): readonly string[] {
  return [...new Set([...Object.keys(before), ...Object.keys(after)])]
    .filter((table) => before[table] !== after[table])
    .map((table) => `${table} had ${before[table] ?? 'no'} rows, and has ${after[table] ?? 'none'}`);
}

/** Its data stays what it is, whatever the file asks for; until somebody asks again. With a reason, nothing new of it comes in. */
export function keptAsItIs(service: AppliedService, why?: string): AppliedService {
  const { spec } = service;
  const { database } = spec;
  const blocked = why === undefined ? service.blocked : [why];
  return {
    ...withoutWish(service),
    blocked,
    spec: { ...spec, database: database && { ...database, server: undefined } },
  };
}
