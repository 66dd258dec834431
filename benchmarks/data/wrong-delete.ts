import { setTimeout as pause } from 'node:timers/promises';
import type { Context } from '../context.ts';
import type { Claim } from '../measure/claim.ts';
import { one } from '../rollout/figures.ts';
import { type Load, startLoad } from '../rollout/load.ts';
import { type Ledger, query } from './ledger.ts';
import type { LedgerSystem } from './ledger-system.ts';

const CONNECTIONS = 4;
/** One of the services beside is asked as people ask it, the others as fast as they answer, which takes all of the machine. */
const PER_SECOND = 1_000;
const SECOND_MS = 1_000;

/** One service's data is put back to the second before a mistake, while all others are asked. */
export async function* wrongDelete(system: LedgerSystem, ledger: Ledger, context: Context): AsyncIterable<Claim> {
  const { times, progress, signal } = context;
  progress('a wrong DELETE, while the services beside are asked');
  const loads = system.beside.map((url, index) =>
    startLoad(url, { connections: CONNECTIONS, perSecond: index === 0 ? PER_SECOND : 0 }),
  );
  await using _loads = {
    [Symbol.asyncDispose]: async () => {
      for (const load of loads) load[Symbol.dispose]();
    },
  };
  // The proxy and the services compile as they run.
  await pause(times(5, 2) * SECOND_MS, undefined, { signal });
  const before = await ratesWhile(loads, () => pause(times(10, 3) * SECOND_MS, undefined, { signal }));
  const soundAt = Date.now();
  await pause(SECOND_MS, undefined, { signal });
  await query(await system.url(), 'DELETE FROM ledger');
  await pause(SECOND_MS, undefined, { signal });
  let restoreMs = 0;
  const meanwhile = await ratesWhile(loads, async () => {
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
    method: `${method} Of ${sent} requests to the ${loads.length} other services from processes of their own, over ${CONNECTIONS} connections each: those that got no answer, or another than 200.`,
  };
  yield {
    claim: 'data.delete.rate',
    unit: 'requests/s',
    better: 'more',
    islet: one(meanwhile.paced),
    peers: { 'while nothing is restored': one(before.paced) },
    method: `What a service answered that was asked ${PER_SECOND} times a second, while the ledger was restored on the same machine, against the seconds before.`,
  };
  yield {
    claim: 'data.delete.throughput',
    unit: 'requests/s',
    better: 'more',
    islet: one(meanwhile.unpaced),
    peers: { 'while nothing is restored': one(before.unpaced) },
    method: 'The same of what was asked as fast as it answered: a restore takes its part of the machine.',
  };
}

async function ratesWhile([paced, ...unpaced]: readonly Load[], act: () => Promise<unknown>) {
  const sent = () => ({ paced: paced?.sent() ?? 0, unpaced: unpaced.reduce((sum, load) => sum + load.sent(), 0) });
  const [from, since] = [sent(), performance.now()];
  await act();
  const [to, seconds] = [sent(), (performance.now() - since) / 1000];
  return { paced: (to.paced - from.paced) / seconds, unpaced: (to.unpaced - from.unpaced) / seconds };
}
