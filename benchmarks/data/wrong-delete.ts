import { setTimeout as pause } from 'node:timers/promises';
import type { Context } from '../context.ts';
import type { Claim } from '../measure/claim.ts';
import { one } from '../rollout/figures.ts';
import { type Load, startLoad } from '../rollout/load.ts';
import { type Ledger, query } from './ledger.ts';
import type { LedgerSystem } from './ledger-system.ts';

const PACE = { connections: 4, perSecond: 0 };
const SECOND_MS = 1_000;

/** One service's data is put back to the second before a mistake, while all others are asked as fast as they answer. */
export async function* wrongDelete(system: LedgerSystem, ledger: Ledger, context: Context): AsyncIterable<Claim> {
  const { times, progress, signal } = context;
  progress('a wrong DELETE, while the services beside are asked');
  const loads = system.beside.map((url) => startLoad(url, PACE));
  await using _loads = {
    [Symbol.asyncDispose]: async () => {
      for (const load of loads) load[Symbol.dispose]();
    },
  };
  // The proxy and the services compile as they run.
  await pause(times(5, 2) * SECOND_MS, undefined, { signal });
  const before = await rateWhile(loads, () => pause(times(10, 3) * SECOND_MS, undefined, { signal }));
  const soundAt = Date.now();
  await pause(SECOND_MS, undefined, { signal });
  await query(await system.url(), 'DELETE FROM ledger');
  await pause(SECOND_MS, undefined, { signal });
  let restoreMs = 0;
  const meanwhile = await rateWhile(loads, async () => {
    const to = new Date(soundAt).toISOString();
    restoreMs = (await system.islet(['restore', 'ledger', '--to', to])).ms;
  });
  const told = await Promise.all(loads.map((load) => load.stop()));
  const { isExact, what } = await ledger.verify(await system.url(), soundAt);
  await system.islet(['restore', 'ledger', '--confirm']);
  const failed = told.reduce((sum, one) => sum + one.failed + one.reset, 0);
  const sent = told.reduce((sum, one) => sum + one.sent, 0);
  const restored = isExact ? 'It came back exact to the transaction' : `IT DID NOT COME BACK EXACT: ${what}`;
  const method = `A DELETE of all rows of the ledger, and \`islet restore ledger --to\` the second before it, in place, took ${(restoreMs / 1000).toFixed(1)} s. ${restored}.`;
  yield {
    claim: 'data.delete.failed',
    unit: 'requests',
    better: 'less',
    islet: one(failed),
    peers: {},
    method: `${method} Of ${sent} requests to the ${loads.length} other services from processes of their own, over ${PACE.connections} connections each, as fast as they were answered: those that got no answer, or another than 200.`,
  };
  yield {
    claim: 'data.delete.rate',
    unit: 'requests/s',
    better: 'more',
    islet: one(meanwhile),
    peers: { 'while nothing is restored': one(before) },
    method: `What these services answered while the ledger was restored on the same machine, against the seconds before.`,
  };
}

async function rateWhile(loads: readonly Load[], act: () => Promise<unknown>): Promise<number> {
  const sent = () => loads.reduce((sum, load) => sum + load.sent(), 0);
  const [from, since] = [sent(), performance.now()];
  await act();
  return ((sent() - from) / (performance.now() - since)) * 1000;
}
