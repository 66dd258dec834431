import { setTimeout as pause } from 'node:timers/promises';
import type { Context } from '../context.ts';
import { type Claim, medianFigure } from '../measure/claim.ts';
import { one } from '../rollout/figures.ts';
import { damage } from './damage.ts';
import { kill } from './kills.ts';
import { Ledger } from './ledger.ts';
import { LedgerSystem } from './ledger-system.ts';
import { recovery } from './recovery.ts';
import { startSecondPlace } from './second-place.ts';
import { wrongDelete } from './wrong-delete.ts';

/** What a backup is worth: what would be lost, what comes back, and how long that takes. */
export async function* restoring(context: Context): AsyncIterable<Claim> {
  const { times, progress } = context;
  await using place = await startSecondPlace();
  await using system = await LedgerSystem.start(context, place);
  progress('a database is backed up');
  await system.backUp();

  progress('a ledger is written');
  await using ledger = new Ledger();
  await ledger.start(await system.url());
  const lags: { readonly here: number; readonly second: number }[] = [];
  for (let look = 0; look < times(30, 10); look += 1) {
    await pause(300 + Math.random() * 500, undefined, { signal: context.signal });
    lags.push(await system.lags());
  }
  const rate = (ledger.count / (Date.now() - ledger.startedAt)) * 1000;
  const kills = await kill(system, ledger, context);
  await ledger.stop();
  const writing = `while ${Math.round(rate)} commits a second were made over 8 connections, each forced to disk`;
  const looked = `At ${lags.length} random instants ${writing}: from the newest instant that could be restored to the end of the look that found it.`;
  const lag = (claim: string, lost: string, ms: readonly number[]): Claim => ({
    claim,
    unit: 'ms',
    better: 'less',
    islet: medianFigure(ms),
    peers: {},
    method: `${looked} What would be lost with ${lost}.`,
  });
  const here = lags.map((one) => one.here);
  const second = lags.map((one) => one.second);
  yield lag('data.rpo', "the database's folder: the repository on this machine stays", here);
  yield lag('data.rpo.second-copy', 'the whole machine: an S3 server in another process stays', second);

  const { lost, inPast } = await lostOf(system, ledger);
  yield {
    claim: 'data.kills.lost',
    unit: 'commits',
    better: 'less',
    islet: one(lost + inPast),
    peers: {},
    method: `Of ${ledger.count} acknowledged commits: those that are not in the database (${lost}), or not in what its backup is restored to (${inPast}), after ${kills} times kill -9 of the database server, the process that streams its log, and the control plane, in turn and at random instants. A full disk is for a test that may mount one: ./islet test backup.`,
  };
  yield await damage(system, context);
  const restores = await restoreAtRandom(system, ledger, context);
  const exact = restores.filter(({ isExact }) => isExact).length;
  yield {
    claim: 'data.restore.exact',
    unit: 'restores',
    better: 'more',
    islet: medianFigure([exact]),
    peers: {},
    method:
      `Of ${restores.length} to random instants of that ledger, as branches: those that hold every commit that was acknowledged by the instant, none that was asked for after it, and the right sum in every row. ${restores.map(({ isExact, what }) => (isExact ? '' : what)).join(' ')}`.trim(),
  };
  yield {
    claim: 'data.restore',
    unit: 's',
    better: 'less',
    islet: medianFigure(restores.map(({ ms }) => ms / 1000)),
    peers: {},
    method: 'The same restores: wall time of `islet restore ledger --to INSTANT --as past`, until the branch answers.',
  };
  yield* wrongDelete(system, ledger, context);
  yield await recovery(system, context);
}

async function lostOf(
  system: LedgerSystem,
  ledger: Ledger,
): Promise<{ readonly lost: number; readonly inPast: number }> {
  const lost = await ledger.lost(await system.url());
  const { stdout } = await system.islet(['restore', 'ledger', '--to', 'latest', '--as', 'past', '--json']);
  const inPast = await ledger.lost((JSON.parse(stdout) as { readonly url: string }).url);
  await system.islet(['restore', 'ledger', '--drop', 'past']);
  return { lost, inPast };
}

async function restoreAtRandom(system: LedgerSystem, ledger: Ledger, { times, progress }: Context) {
  const done: { readonly ms: number; readonly isExact: boolean; readonly what: string }[] = [];
  for (let round = 0; round < times(20, 3); round += 1) {
    progress(`restore ${round + 1}`);
    const at = Math.floor(ledger.startedAt + Math.random() * (ledger.lastAt - ledger.startedAt));
    const args = ['restore', 'ledger', '--to', new Date(at).toISOString(), '--as', 'past', '--json'];
    const { stdout, ms } = await system.islet(args);
    const { url } = JSON.parse(stdout) as { readonly url: string };
    done.push({ ms, ...(await ledger.verify(url, at)) });
    await system.islet(['restore', 'ledger', '--drop', 'past']);
  }
  return done;
}
