import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Benchmark, Context } from './context.ts';
import { type Claim, medianFigure } from './measure/claim.ts';
import { type Load, startLoad, type Told } from './rollout/load.ts';
import { until } from './support/poll.ts';
import { ProxyWatch } from './support/proxy-state.ts';
import { Shop } from './support/shop.ts';

/** How soon the number of instances follows the load, and what that costs those who ask meanwhile. */
export const scale: Benchmark = { name: 'scale', claims };

const SYSTEM = fileURLToPath(new URL('./rollout/system', import.meta.url));
const FILE = 'services/web/service.yaml';
/** An answer takes so long, so that a rate makes a number in flight. */
const ANSWER_MS = 100;
const CALM_RPS = 20;
const TIMES = 10;
/** Requests in flight that one instance should have: ten times the calm load has 20, which are five instances' worth. */
const TARGET = 4;
const NEEDED = (CALM_RPS * TIMES * ANSWER_MS) / 1000 / TARGET;
const CONNECTIONS = 64;
const LOOK_MS = 10;
/** Down only to the most that was wanted in five minutes, and then the drain. */
const DOWN_DEADLINE_MS = 10 * 60_000;

async function* claims(context: Context): AsyncIterable<Claim> {
  await using shop = await Shop.copy(SYSTEM);
  // What is asked here is how soon, and not how much the machine can give away.
  await shop.edit('islet.yaml', (text) => `${text}\nmachine: { cpu: 64, memory: 64Gi }\n`);
  await shop.edit('services/web/behaviour.json', () => JSON.stringify({ version: 'good', ms: ANSWER_MS }));
  await follows(shop, `{ min: 1, max: 8, target: { concurrency: ${TARGET} } }`);
  await shop.up({ signal: context.signal });
  yield* burst(shop, context);
  yield* fromNone(shop, context);
}

async function* burst(shop: Shop, { signal, progress, times }: Context): AsyncIterable<Claim> {
  using proxy = new ProxyWatch(shop.state);
  const serving = async (holds: (instances: number) => boolean) => holds(await proxy.endpoints('web'));
  progress(`${CALM_RPS} requests/s, and then ${TIMES} times as many`);
  using calm = load(shop, CALM_RPS);
  await until('one instance', () => serving((count) => count === 1), { everyMs: LOOK_MS, signal });
  // The burst comes upon what has been looked at for a while, as it would.
  await pause(10_000);
  using more = load(shop, CALM_RPS * (TIMES - 1));
  await until('the burst to begin', () => more.sent() > 0, { everyMs: LOOK_MS, signal });
  const upMs = await time(() =>
    until(`${NEEDED} instances`, () => serving((count) => count >= NEEDED), { everyMs: LOOK_MS, signal }),
  );
  await pause(times(30_000, 5_000));
  const burstTold = await more.stop();
  yield figure(
    'scale.up',
    'ms',
    [upMs],
    `From the first request of the burst until the proxy routed to ${NEEDED} instances, which ${SETTING}`,
  );
  const isWhole = times(1, 0) === 1;
  if (isWhole) {
    progress('the burst is over; going back takes five minutes, by design');
    const patience = { everyMs: 100, signal, deadlineMs: DOWN_DEADLINE_MS };
    const downMs = await time(() => until('one instance', () => serving((count) => count === 1), patience));
    yield figure(
      'scale.down',
      'ms',
      [downMs],
      'From the end of the burst until the proxy routed to one instance again. Five minutes of it are the stabilization window, which is the rule.',
    );
  }
  const told = [await calm.stop(), burstTold];
  const sent = told.reduce((sum, one) => sum + one.sent, 0);
  yield figure(
    'scale.failed',
    'requests',
    [lostOf(told)],
    `Requests that got no answer, or another than 200, of ${sent} before, in and after the burst${isWhole ? ', while instances came and went' : '; a quick run does not wait until they go'}.`,
  );
}

async function* fromNone(shop: Shop, { signal, progress, times }: Context): AsyncIterable<Claim> {
  using proxy = new ProxyWatch(shop.state);
  await follows(shop, '{ min: 0, max: 2, target: { concurrency: 40 }, zero: { after: 1s } }');
  await shop.up({ signal });
  const tookMs: number[] = [];
  const told: Told[] = [];
  for (let round = 0; round < times(10, 2); round += 1) {
    progress('the first request of a service that has no instance');
    const patience = { everyMs: LOOK_MS, signal, deadlineMs: DOWN_DEADLINE_MS };
    await until('no instance', async () => (await proxy.endpoints('web')) === 0, patience);
    tookMs.push(await time(async () => told.push(await firstRequest(shop, signal))));
  }
  yield figure(
    'scale.from-zero',
    'ms',
    tookMs,
    `One GET through the gateway, from when it was sent to the end of its answer, while the service had no instance: it includes the start of Node, the probe, and ${ANSWER_MS} ms of the answer itself.`,
  );
  yield figure(
    'scale.from-zero.failed',
    'requests',
    [lostOf(told)],
    `Of these ${told.length} first requests, those that got no answer, or another than 200.`,
  );
}

/** On a connection of its own, as a stranger's would be. */
async function firstRequest(shop: Shop, signal: AbortSignal): Promise<Told> {
  const deadline = AbortSignal.any([signal, AbortSignal.timeout(60_000)]);
  const answer = await fetch(shop.url, { signal: deadline, headers: { connection: 'close' } }).catch(() => undefined);
  signal.throwIfAborted();
  await answer?.text();
  return { sent: 1, failed: answer?.status === 200 ? 0 : 1, reset: 0, statuses: {}, versions: {} };
}

const SETTING = `ten times ${CALM_RPS} requests/s that take ${ANSWER_MS} ms need at ${TARGET} in flight for each. The service was a Node process that had one instance before; its minimum is 1, its maximum 8, and the machine's budget was declared to be no limit.`;

function follows(shop: Shop, scaling: string): Promise<void> {
  return shop.edit(FILE, (text) => text.replace(/^scale: .*$/m, `scale: ${scaling}`));
}

function load(shop: Shop, perSecond: number): Load {
  return startLoad(`${shop.url}/`, { connections: CONNECTIONS, perSecond });
}

async function time(act: () => Promise<unknown>): Promise<number> {
  const since = performance.now();
  await act();
  return performance.now() - since;
}

function lostOf(told: readonly Told[]): number {
  return told.reduce((sum, { failed, reset }) => sum + failed + reset, 0);
}

function figure(claim: string, unit: Claim['unit'], samples: readonly number[], method: string): Claim {
  return { claim, unit, better: 'less', islet: medianFigure(samples), peers: {}, method };
}
