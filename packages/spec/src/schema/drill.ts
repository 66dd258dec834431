import { z } from 'zod';
import { byDefault, duration, orOff } from './values.ts';

const check = z.strictObject({
  query: z
    .string()
    .regex(/\S/, "a query can't be empty")
    .describe('Reads one value, as the service.')
    .meta({ examples: ['SELECT count(*) FROM orders'] }),
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

/** How it is proved that a backup comes back. */
export const drill = orOff(
  z.strictObject({
    every: byDefault('database.drill.every', duration(60_000))
      .describe('How often the newest backup is restored beside the service, checked, and thrown away.')
      .meta({ examples: ['1d'] }),
    maxRto: byDefault('database.drill.maxRto', duration(1_000)).describe(
      'A restore that takes longer fails the drill.',
    ),
    smoke: byDefault('database.drill.smoke', z.boolean('expected true or false')).describe(
      'Serve what was restored by an instance that nobody else reaches, and ask it what `test.smoke` says.',
    ),
    check: z
      .array(check)
      .max(20)
      .prefault([])
      .describe("What must hold of the restored data, besides the engine's own check of all of it.")
      .meta({ examples: [[{ query: 'SELECT count(*) FROM orders', min: 1 }]] }),
  }),
);
