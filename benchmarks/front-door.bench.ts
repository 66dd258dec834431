import type { Benchmark, Context } from './context.ts';
import { type Claim, medianFigure } from './measure/claim.ts';
import { interleave } from './measure/interleave.ts';
import { differences } from './measure/statistics.ts';

/** What it costs that `./islet` looks, at each start, whether all that it needs is there. */
export const frontDoor: Benchmark = { name: 'front-door', claims };

const ARGS = ['--version'];
const DEADLINE_MS = 60_000;

async function* claims({ shop: getShop, times, signal, progress }: Context): AsyncIterable<Claim> {
  const shop = await getShop();
  progress('./islet --version, with and without the front door');
  const options = { signal, deadlineMs: DEADLINE_MS };
  const contenders = {
    direct: async () => (await shop.cli(ARGS, options)).ms,
    door: async () => (await shop.islet(ARGS, options)).ms,
  };
  // The first start may install, and fills the cache of compiled code.
  await interleave(1, contenders);
  const { direct, door } = await interleave(times(40, 15), contenders);
  yield {
    claim: 'front-door.added',
    unit: 'ms',
    better: 'less',
    islet: medianFigure(differences(direct, door)),
    peers: {},
    method:
      'Median of the differences of pairs: ./islet --version less the same command line started directly, with the same cache of compiled code. From the second start on. No peer: it is Islet against itself.',
  };
}
