import type { Benchmark, Context } from './context.ts';
import { type Claim, medianFigure } from './measure/claim.ts';

/** How long a person waits for an answer. */
export const cli: Benchmark = { name: 'cli', claims };

const DEADLINE_MS = 30_000;

async function* claims({ shop: getShop, times, signal, progress }: Context): AsyncIterable<Claim> {
  const shop = await getShop();
  await shop.up({ signal });
  progress('islet status');
  const options = { signal, deadlineMs: DEADLINE_MS };
  await shop.islet(['status'], options);
  const samples: number[] = [];
  for (let round = 0; round < times(30, 10); round += 1) samples.push((await shop.islet(['status'], options)).ms);
  yield {
    claim: 'cli.status',
    unit: 'ms',
    better: 'less',
    islet: medianFigure(samples),
    peers: {},
    method:
      'Wall time of ./islet status on the running shop, its output a pipe. No peer: each tool tells something else.',
  };
}
