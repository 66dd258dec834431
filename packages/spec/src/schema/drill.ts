import { z } from 'zod';
import type { StoreSection } from './backup.ts';
import { byDefault, duration, orOff } from './values.ts';

/** A query that reads, for the reference. */
const EXAMPLES = { database: 'SELECT count(*) FROM orders', redis: 'LLEN orders' } as const;

const checkOf = (section: StoreSection) =>
  z.strictObject({
    query: z
      .string()
      .regex(/\S/, "a query can't be empty")
      .describe('Reads one value, as the service.')
      .meta({ examples: [EXAMPLES[section]] }),
    min: z
      .number()
      .optional()
      .describe('The value is a number, and at least this.')
      .meta({ examples: [1] }),
    maxAge: duration(1_000)
      .optional()
      .describe('The value is an instant, and at most this long before what was restored.')
      .meta({ examples: ['24h'] }),
  });

const keysOf = (section: StoreSection) => ({
  every: byDefault(`${section}.drill.every`, duration(60_000))
    .describe('How often the newest backup is restored beside the service, checked, and thrown away.')
    .meta({ examples: ['1d'] }),
  maxRto: byDefault(`${section}.drill.maxRto`, duration(1_000)).describe(
    'A restore that takes longer fails the drill.',
  ),
});

const checksOf = (section: StoreSection) =>
  z
    .array(checkOf(section))
    .max(20)
    .prefault([])
    .describe("What must hold of the restored data, besides the engine's own check of all of it.")
    .meta({ examples: [[{ query: EXAMPLES[section], min: 1 }]] });

/** How it is proved that a backup comes back. */
export const drill = orOff(
  z.strictObject({
    ...keysOf('database'),
    smoke: byDefault('database.drill.smoke', z.boolean('expected true or false')).describe(
      'Serve what was restored by an instance that nobody else reaches, and ask it what `test.smoke` says.',
    ),
    check: checksOf('database'),
  }),
);

export const redisDrill = orOff(z.strictObject({ ...keysOf('redis'), check: checksOf('redis') }));
