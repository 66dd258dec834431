import { type Leaf, leaves } from './leaf.ts';
import type { Path } from './located.ts';
import type { BackupSpec, DrillCheck, DrillSpec } from './model.ts';
import { durationText } from './quantities.ts';
import type { ParsedService } from './schema/service.ts';

/** A section of a store. */
export type KeptSection = Pick<NonNullable<ParsedService['database' | 'redis']>, 'backup' | 'drill'>;

export function backupOf(parsed: KeptSection['backup']): BackupSpec | undefined {
  if (parsed === 'off') return undefined;
  const { every, pitr, keep } = parsed;
  return { everyMs: every, pitr, keep };
}

export function backupLeaves(section: Path, backup: BackupSpec | undefined): readonly Leaf[] {
  if (backup === undefined) return leaves(section, { backup: 'off' });
  const { everyMs, pitr, keep } = backup;
  return [
    ...leaves([...section, 'backup'], { every: durationText(everyMs), pitr }),
    ...leaves([...section, 'backup', 'keep'], { ...keep }),
  ];
}

export function drillOf(parsed: KeptSection['drill']): DrillSpec | undefined {
  if (parsed === 'off') return undefined;
  const { every, maxRto, check } = parsed;
  // A service is served from its database: from a Redis alone it can't be.
  const smoke = 'smoke' in parsed ? parsed.smoke : false;
  return { everyMs: every, maxRtoMs: maxRto, smoke, check: check.flatMap(checkOf) };
}

/** One that says neither is a mistake, and told as one. */
function checkOf({ query, min, maxAge }: Exclude<KeptSection['drill'], 'off'>['check'][number]): readonly DrillCheck[] {
  if (min !== undefined) return [{ kind: 'min', query, min }];
  return maxAge === undefined ? [] : [{ kind: 'maxAge', query, maxAgeMs: maxAge }];
}

export function drillLeaves(section: Path, drill: DrillSpec | undefined): readonly Leaf[] {
  if (drill === undefined) return leaves(section, { drill: 'off' });
  const { everyMs, maxRtoMs, smoke, check } = drill;
  return [
    ...leaves([...section, 'drill'], { every: durationText(everyMs), maxRto: durationText(maxRtoMs) }),
    ...(section[0] === 'database' ? leaves([...section, 'drill'], { smoke }) : []),
    ...check.flatMap((one, index) =>
      leaves([...section, 'drill', 'check', index], {
        query: one.query,
        ...(one.kind === 'min' ? { min: one.min } : { maxAge: durationText(one.maxAgeMs) }),
      }),
    ),
  ];
}
