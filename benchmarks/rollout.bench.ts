import { fileURLToPath } from 'node:url';
import type { Benchmark, Context } from './context.ts';
import type { Claim } from './measure/claim.ts';
import { badRevisions } from './rollout/bad.ts';
import { lossless } from './rollout/lossless.ts';
import { badAtOneASecond, goodAtTenAMinute } from './rollout/quiet.ts';
import { Scaling } from './rollout/scaling.ts';
import { Subject } from './rollout/subject.ts';
import { Shop } from './support/shop.ts';

/** What rollouts and scaling cost those who are using the service: nothing, if the revision is good, and a share, if it is not. */
export const rollout: Benchmark = { name: 'rollout', claims };

const SYSTEM = fileURLToPath(new URL('./rollout/system', import.meta.url));

/**
 * What takes minutes because it has to (five of stabilization before instances go, hundreds of requests at one a second) is done by
 * systems of its own, while the rest is measured.
 */
async function* claims(context: Context): AsyncIterable<Claim> {
  const { wants } = context;
  await using shop = await Shop.copy(SYSTEM);
  await using quietShop = await Shop.copy(SYSTEM);
  await using scaledShop = await Shop.copy(SYSTEM);
  const subject = new Subject(shop, context);
  const quiet = new Subject(quietShop, context);
  await subject.islet('up');
  if (wants('rollout.quiet')) await quiet.islet('up');

  const scaling = wants('scale') ? await Scaling.begin(scaledShop, context) : undefined;
  if (scaling !== undefined) yield* scaling.burst();
  const goesBack = background(scaling?.goBack() ?? NOTHING);
  const isFound = background(wants('rollout.quiet') ? badAtOneASecond(quiet, context) : NOTHING);
  if (wants('rollout.failed')) yield* lossless(subject, context);
  yield* badRevisions(subject, context);
  yield* await goesBack;
  if (scaling !== undefined) {
    yield* scaling.fromNone();
    yield* scaling.forecast();
  }
  if (!wants('rollout.quiet')) return;
  context.progress('a bad revision at one request a second');
  yield* await isFound;
  yield await goodAtTenAMinute(quiet, context);
}

const NOTHING: Promise<readonly Claim[]> = Promise.resolve([]);

/** Its failure is that of whoever waits for it, however late that is. */
function background<T>(work: Promise<T>): Promise<T> {
  work.catch(() => {});
  return work;
}
