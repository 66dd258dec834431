import { setTimeout as pause } from 'node:timers/promises';
import type { Context } from '../context.ts';
import { until } from '../support/poll.ts';
import type { Ledger } from './ledger.ts';
import type { LedgerSystem, Victim } from './ledger-system.ts';

const VICTIMS: readonly Victim[] = ['server', 'streamer', 'control plane'];
const LONGEST_WAIT_MS = 1_500;
const DEADLINE_MS = 120_000;

/** While the ledger is written each dies at random instants; it goes on when commits are acknowledged and stored again. */
export async function kill(system: LedgerSystem, ledger: Ledger, context: Context): Promise<number> {
  const { times, progress, signal } = context;
  const patience = { everyMs: 100, deadlineMs: DEADLINE_MS, signal };
  const rounds = times(3, 1);
  for (let round = 0; round < rounds; round += 1) {
    for (const victim of VICTIMS) {
      await pause(Math.random() * LONGEST_WAIT_MS, undefined, { signal });
      progress(`kill -9 of the ${victim}, ${round + 1} of ${rounds}`);
      const killedAt = Date.now();
      await system.kill(victim);
      const before = ledger.count;
      await until('commits to go on', () => ledger.count > before, patience);
      const isStored = async () => {
        const { here } = await system.lags().catch(() => ({ here: Number.POSITIVE_INFINITY }));
        return Date.now() - here > killedAt;
      };
      await until('the log to go on', isStored, patience);
    }
  }
  return rounds * VICTIMS.length;
}
