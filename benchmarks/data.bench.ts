import type { Benchmark } from './context.ts';
import { archiving } from './data/archiving.ts';
import { restoring } from './data/restoring.ts';

/** What keeping every second of a database costs, and what it gives. */
export const data: Benchmark = {
  name: 'data',
  claims: async function* (context) {
    yield* restoring(context);
    yield* archiving(context);
  },
};
