import { z } from 'zod';
import { byDefault, count, duration, orOff } from './values.ts';

/** Which of a service's stores. */
export type StoreSection = 'database' | 'redis';

const keepOf = (section: StoreSection) =>
  z.strictObject({
    daily: byDefault(`${section}.backup.keep.daily`, count(1, 366)).describe(
      'For so many days the newest copy of each is kept, and the log since the oldest of them: any second can be restored.',
    ),
    weekly: byDefault(`${section}.backup.keep.weekly`, count(0, 520)).describe(
      'For so many weeks, the newest copy of each.',
    ),
    monthly: byDefault(`${section}.backup.keep.monthly`, count(0, 120)).describe(
      'For so many months, the newest copy of each.',
    ),
  });

/** How a service's store is backed up. */
export const backupOf = (section: StoreSection) =>
  orOff(
    z.strictObject({
      every: byDefault(`${section}.backup.every`, duration(60_000))
        .describe('How often the whole store is copied.')
        .meta({ examples: ['6h'] }),
      pitr: byDefault(`${section}.backup.pitr`, z.boolean('expected true or false')).describe(
        'Keep the log of every change, so that any second can be restored; `false`: only what copies need of it.',
      ),
      keep: keepOf(section)
        .prefault({})
        .describe('What is kept, and for how long.')
        .meta({ examples: [{ daily: 14, weekly: 8 }] }),
    }),
  );
