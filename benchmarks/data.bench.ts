import type { Benchmark } from './context.ts';
import { missingPeers } from './data/archivers.ts';
import { archiving } from './data/archiving.ts';
import { restoring } from './data/restoring.ts';
import { stores } from './data/stores.ts';

/** What keeping every second of a database costs, what it gives, and what thirty services with a database each take. */
export const data: Benchmark = {
  name: 'data',
  claims: async function* (context) {
    const { wants } = context;
    // Not after ten minutes.
    const missing = ['data.archiving', 'data.rto'].some(wants) ? missingPeers() : undefined;
    if (missing !== undefined) throw new Error(missing);
    if (RESTORING.some(wants)) yield* restoring(context);
    if (wants('data.archiving')) yield* archiving(context);
    if (wants('data.stores')) yield* stores(context);
  },
};

/** These are measured one after the other on one ledger. */
const RESTORING = ['rpo', 'kills', 'damage', 'restore', 'delete', 'rto'].map((what) => `data.${what}`);
