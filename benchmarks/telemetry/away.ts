import { mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { TelemetryStatus } from '@islet/client';
import type { Context } from '../context.ts';
import { type Claim, medianFigure } from '../measure/claim.ts';
import { interleave } from '../measure/interleave.ts';
import { aaBand, median } from '../measure/statistics.ts';
import { startLoad, type Told } from '../rollout/load.ts';
import { until } from '../support/poll.ts';
import { Shop } from '../support/shop.ts';
import { mountSmallDisk, type SmallDisk } from '../support/small-disk.ts';

const SYSTEM = fileURLToPath(new URL('../rollout/system', import.meta.url));
const PACE = { connections: 8, perSecond: 200 } as const;
const DISK_MEBIBYTES = 300;
const LOOK_MS = 50;

/** What it costs a service's callers when the telemetry process is killed, or its disk is full: nothing, or it would be a part of serving. */
export async function* away(context: Context): AsyncIterable<Claim> {
  const { times, progress, signal } = context;
  await using shop = await Shop.copy(SYSTEM);
  using disk = mountSmallDisk(DISK_MEBIBYTES);
  if (disk === undefined) progress('this machine lets nobody mount a disk, so that none can be filled');
  else keepOn(disk, shop);
  await shop.up({ signal });
  const seconds = times(10, 4);
  const turn = (name: string, disturb: () => Promise<void> | void) => async () => {
    progress(`${seconds} s of requests while telemetry is ${name}`);
    using load = startLoad(`${shop.url}/`, PACE);
    await pause((seconds * 1000) / 4, undefined, { signal });
    await disturb();
    await pause((seconds * 3000) / 4, undefined, { signal });
    return await load.stop();
  };
  // What is compiled and connected by the first requests is no part of any figure.
  await turn('left alone, to warm up', () => undefined)();
  const told = await interleave(times(8, 3), {
    undisturbed: turn('left alone', () => undefined),
    killed: async () => {
      const during = await turn('killed', () => kill(shop, signal))();
      await until('the next one answers', async () => (await statusOf(shop)) !== undefined, {
        everyMs: LOOK_MS,
        signal,
      });
      return during;
    },
    ...(disk === undefined
      ? {}
      : {
          full: () =>
            onFullDisk(
              disk,
              turn('without a disk', () => disk.fill()),
            ),
        }),
  });
  const { undisturbed, killed } = told;
  const full = (told as { full?: readonly Told[] }).full ?? [];
  const lost = (of: readonly Told[]) => of.reduce((sum, { failed, reset }) => sum + failed + reset, 0);
  const sent = [...killed, ...full].reduce((sum, one) => sum + one.sent, 0);
  yield {
    claim: 'telemetry.away.failed',
    unit: 'requests',
    better: 'less',
    islet: { value: lost([...killed, ...full]), samples: [lost(killed), lost(full)] },
    peers: { undisturbed: { value: lost(undisturbed), samples: undisturbed.map((one) => lost([one])) } },
    method: `Of ${sent} requests through the gateway, ${PACE.perSecond} a second: those without an answer, or with another than 200, while the telemetry process was killed ${killed.length} times (kill -9), and its disk filled up ${full.length} times.`,
  };
  yield p99Claim('telemetry.killed.p99', killed, undisturbed, 'was killed (kill -9) after a quarter of each turn');
  if (full.length > 0)
    yield p99Claim('telemetry.disk-full.p99', full, undisturbed, 'had a full disk for three quarters of each turn');
}

function p99Claim(claim: string, disturbed: readonly Told[], undisturbed: readonly Told[], what: string): Claim {
  const of = (all: readonly Told[]) => all.map(({ p99Ms }) => p99Ms);
  const { low, high } = aaBand(of(undisturbed), Math.random);
  const ratio = median(of(disturbed)) / median(of(undisturbed));
  return {
    claim,
    unit: 'ms',
    better: 'less',
    islet: medianFigure(of(disturbed)),
    peers: { undisturbed: medianFigure(of(undisturbed)) },
    method: `The 99th percentile of a turn through the gateway at ${PACE.perSecond} requests/s, while the telemetry process ${what}; the peer is the same system in turns between, left alone. It is ${ratio.toFixed(2)} times the undisturbed one, which against itself lies between ${low.toFixed(2)} and ${high.toFixed(2)}.`,
  };
}

/** Telemetry's folder alone is on that disk: what else the system needs goes on. */
function keepOn(disk: SmallDisk, shop: Shop): void {
  const kept = join(disk.folder, 'telemetry');
  for (const folder of [kept, shop.state]) mkdirSync(folder);
  symlinkSync(kept, join(shop.state, 'telemetry'));
}

async function onFullDisk(disk: SmallDisk, turn: () => Promise<Told>): Promise<Told> {
  try {
    return await turn();
  } finally {
    disk.free();
  }
}

async function kill(shop: Shop, signal: AbortSignal): Promise<void> {
  await until('telemetry answers', async () => (await statusOf(shop)) !== undefined, { everyMs: LOOK_MS, signal });
  process.kill((await statusOf(shop))?.pid ?? 0, 'SIGKILL');
}

/** Undefined: it does not answer. */
async function statusOf(shop: Shop): Promise<TelemetryStatus | undefined> {
  const { url } = JSON.parse(readFileSync(join(shop.state, 'control.json'), 'utf8')) as { url: string };
  const token = readFileSync(join(shop.state, 'token'), 'utf8').trim();
  const answer = await fetch(`${url}/v1/telemetry/status`, { headers: { authorization: `Bearer ${token}` } });
  return answer.ok ? ((await answer.json()) as TelemetryStatus) : undefined;
}
