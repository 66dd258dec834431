import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { encodeSpans, Lane, Pace, type SpanRow, Spool } from '@islet/telemetry/measure';
import type { Context } from '../context.ts';
import { type Claim, medianFigure } from '../measure/claim.ts';
import { interleave } from '../measure/interleave.ts';
import { cpuSeconds } from './cpu.ts';
import { spanRows } from './made-up.ts';

const BATCH = 1_000;
const LOOK_MS = 2;

/** What forwarding costs the telemetry process for each span, where the backend takes all, and where all of it waits on the disk first. */
export async function* forwarding(folder: string, { times, progress, signal }: Context): AsyncIterable<Claim> {
  const rounds = times(7, 3);
  const batches = times(40, 10);
  progress(`${batches * BATCH} spans forwarded, at once and from the disk`);
  let nth = 0;
  const turn = (isAway: boolean) => async () => {
    signal.throwIfAborted();
    const queue = join(folder, `queue-${nth++}`);
    mkdirSync(queue);
    const rows = spanRows(batches * BATCH, Date.UTC(2026, 0, 1));
    const back = Promise.withResolvers<void>();
    const lane = new Lane<SpanRow>({
      encode: (some) => encodeSpans(some, 'bench', (text) => text),
      isGzip: true,
      sizeOf: () => 500,
      pace: new Pace(0),
      now: Date.now,
      limits: { gatherMs: 0 },
      queueBytes: 2 ** 30,
      spool: async () => new Spool(queue, () => undefined),
      send: async () => {
        if (isAway) await back.promise;
        return { kind: 'http', status: 200, retryAfter: undefined, body: Buffer.alloc(0) };
      },
    });
    const seconds = await cpuSeconds(async () => {
      for (let batch = 0; batch < batches; batch++) {
        lane.add(rows.slice(batch * BATCH, (batch + 1) * BATCH));
        // As fast as it takes them: what it can't take is dropped, and would cost nothing.
        while (lane.counts.waiting > (isAway ? (batch + 1) * BATCH : BATCH)) await pause(LOOK_MS);
      }
      back.resolve();
      while (lane.counts.sent + lane.counts.dropped < rows.length) await pause(LOOK_MS);
    });
    if (lane.counts.dropped > 0) throw new Error(`${lane.counts.dropped} spans were dropped`);
    await lane.close();
    return (seconds * 1e6) / rows.length;
  };
  await turn(true)();
  const told = await interleave(rounds, { straight: turn(false), waited: turn(true) });
  yield {
    claim: 'telemetry.forward.cpu',
    unit: 'µs of CPU/span',
    better: 'less',
    islet: medianFigure(told.straight),
    peers: { 'that waits on the disk first': medianFigure(told.waited) },
    method: `Of the telemetry process, for each of ${batches * BATCH} spans of 8 attributes: written as protobuf, compressed. Sending is left out. In a system this takes at most a quarter of a core; what comes faster than that waits, or is dropped and counted.`,
  };
}
