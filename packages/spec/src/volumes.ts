import { type Leaf, leaves } from './leaf.ts';
import { durationText } from './quantities.ts';
import type { ParsedService } from './schema/service.ts';
import type { VolumesSpec } from './volumes-model.ts';

export function volumesOf({ volumes }: ParsedService): VolumesSpec | undefined {
  if (volumes === undefined) return undefined;
  const { folders, backup } = volumes;
  return { folders, backup: backup === 'off' ? undefined : { everyMs: backup.every, keep: backup.keep } };
}

export function volumeLeaves(volumes: VolumesSpec | undefined): readonly Leaf[] {
  if (volumes === undefined) return [];
  const { folders, backup } = volumes;
  const own = leaves(['volumes'], { folders });
  if (backup === undefined) return [...own, ...leaves(['volumes'], { backup: 'off' })];
  return [
    ...own,
    ...leaves(['volumes', 'backup'], { every: durationText(backup.everyMs) }),
    ...leaves(['volumes', 'backup', 'keep'], { ...backup.keep }),
  ];
}

/** The variable that tells an instance where a volume is. */
export function volumeVariable(name: string): string {
  return `ISLET_VOLUME_${name.toUpperCase().replaceAll('-', '_')}`;
}
