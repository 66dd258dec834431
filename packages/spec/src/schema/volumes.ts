import { z } from 'zod';
import { type Located, mapOf } from '../located.ts';
import { withShorthand } from './notes.ts';
import { byDefault, count, distinct, duration, name, orOff } from './values.ts';

const keep = z.strictObject({
  hourly: byDefault('volumes.backup.keep.hourly', count(1, 168)).describe(
    'For so many hours that have a copy, the newest of each.',
  ),
  daily: byDefault('volumes.backup.keep.daily', count(0, 366)).describe('For so many days, the newest copy of each.'),
  weekly: byDefault('volumes.backup.keep.weekly', count(0, 520)).describe(
    'For so many weeks, the newest copy of each.',
  ),
  monthly: byDefault('volumes.backup.keep.monthly', count(0, 120)).describe(
    'For so many months, the newest copy of each.',
  ),
});

const backup = orOff(
  z.strictObject({
    every: byDefault('volumes.backup.every', duration(60_000))
      .describe('How often what has changed is copied: as much may be lost at worst.')
      .meta({ examples: ['15m'] }),
    keep: keep
      .prefault({})
      .describe('What is kept, and for how long.')
      .meta({ examples: [{ hourly: 48, daily: 14 }] }),
  }),
);

const folders = () => distinct(name()).min(1).max(20);

/** Folders that live beyond revisions. */
export const volumes = withShorthand(
  z.strictObject({
    folders: folders()
      .describe(
        'Names of folders. Where each is stands in `ISLET_VOLUME_<NAME>`, and in a reference: one place for every instance and revision.',
      )
      .meta({ examples: [['uploads']] }),
    backup: backup
      .prefault({})
      .describe('How all of them are backed up, together, or `off`.')
      .meta({ examples: ['off', { every: '15m' }] }),
  }),
  { written: folders(), lift: liftList },
);

function liftList(node: Located): Located {
  return node.kind === 'list' ? mapOf(node.place, { folders: node }) : node;
}
