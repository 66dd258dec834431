import { setTimeout as pause } from 'node:timers/promises';
import type { Capacity } from '@islet/client';
import type { Context } from '../context.ts';
import type { Claim } from '../measure/claim.ts';
import { until } from '../support/poll.ts';
import { ProxyWatch } from '../support/proxy-state.ts';
import type { Shop } from '../support/shop.ts';
import { figure, lostOf } from './figures.ts';
import { type Load, startLoad, type Told } from './load.ts';

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
const CAPACITY_DEADLINE_MS = 60_000;
/** What a forecast is asked about, and then done. */
const FORECAST_RPS = 80;

/** How soon the number of instances follows the load, what that costs those who ask meanwhile, and whether forecasts come true. */
export class Scaling {
  readonly #shop: Shop;
  readonly #context: Context;
  readonly #told: Told[] = [];
  #calm: Load | undefined;

  private constructor(shop: Shop, context: Context) {
    this.#shop = shop;
    this.#context = context;
  }

  static async begin(shop: Shop, context: Context): Promise<Scaling> {
    // What is asked here is how soon, and not how much the machine can give away.
    await shop.edit('islet.yaml', (text) => `${text}\nmachine: { cpu: 64, memory: 64Gi }\n`);
    const scaling = new Scaling(shop, context);
    await scaling.#is(`{ min: 1, max: 8, target: { concurrency: ${TARGET} } }`, { version: 'good', ms: ANSWER_MS });
    return scaling;
  }

  async *burst(): AsyncIterable<Claim> {
    const { signal, progress, times } = this.#context;
    using proxy = new ProxyWatch(this.#shop.state);
    progress(`${CALM_RPS} requests/s, and then ${TIMES} times as many`);
    this.#calm = this.#load(CALM_RPS);
    await until('one instance', () => serves(proxy, 1, 1), { everyMs: LOOK_MS, signal });
    // The burst comes upon what has been looked at for a while, as it would.
    await pause(10_000);
    using more = this.#load(CALM_RPS * (TIMES - 1));
    await until('the burst to begin', () => more.sent() > 0, { everyMs: LOOK_MS, signal });
    const upMs = await time(() =>
      until(`${NEEDED} instances`, () => serves(proxy, NEEDED), { everyMs: LOOK_MS, signal }),
    );
    await pause(times(30_000, 5_000));
    this.#told.push(await more.stop());
    yield figure(
      'scale.up',
      'ms',
      upMs,
      `From the first request of the burst until the proxy routed to ${NEEDED} instances, which ${SETTING}`,
    );
  }

  /** Takes five minutes, by design; a quick run does not wait for them. */
  async goBack(): Promise<readonly Claim[]> {
    const { signal, times } = this.#context;
    const isWhole = times(1, 0) === 1;
    const claims: Claim[] = [];
    if (isWhole) {
      using proxy = new ProxyWatch(this.#shop.state);
      const patience = { everyMs: 100, signal, deadlineMs: DOWN_DEADLINE_MS };
      const downMs = await time(() => until('one instance', () => serves(proxy, 1, 1), patience));
      claims.push(
        figure(
          'scale.down',
          'ms',
          downMs,
          'From the end of the burst until the proxy routed to one instance again. Five minutes of it are the stabilization window, which is the rule.',
        ),
      );
    }
    if (this.#calm !== undefined) this.#told.push(await this.#calm.stop());
    const sent = this.#told.reduce((sum, one) => sum + one.sent, 0);
    const ending = isWhole ? ', while instances came and went' : '; a quick run does not wait until they go';
    claims.push(
      figure(
        'scale.failed',
        'requests',
        lostOf(...this.#told),
        `Failed requests, scale up and down: those that got no answer, or another than 200, of ${sent} before, in and after the burst${ending}.`,
      ),
    );
    return claims;
  }

  async *fromNone(): AsyncIterable<Claim> {
    const { signal, progress, times } = this.#context;
    using proxy = new ProxyWatch(this.#shop.state);
    await this.#is('{ min: 0, max: 2, target: { concurrency: 40 }, zero: { after: 1s } }');
    const tookMs: number[] = [];
    const told: Told[] = [];
    for (let round = 0; round < times(10, 2); round += 1) {
      progress('the first request of a service that has no instance');
      const patience = { everyMs: LOOK_MS, signal, deadlineMs: DOWN_DEADLINE_MS };
      await until('no instance', () => serves(proxy, 0, 0), patience);
      tookMs.push(await time(async () => told.push(await firstRequest(this.#shop, signal))));
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
      lostOf(...told),
      `Of these ${told.length} first requests, those that got no answer, or another than 200.`,
    );
  }

  /** A forecast, made at a quarter of the load that it is of, and then that load. */
  async *forecast(): AsyncIterable<Claim> {
    this.#context.progress(`a forecast for ${FORECAST_RPS} requests/s, and whether it comes true`);
    await this.#is('{ min: 1, max: 8 }', { version: 'good', ms: 20, cpuMs: 4 });
    await this.#islet('scale', 'web', '1');
    const asked = await this.#under(FORECAST_RPS / 4, () => this.#capacity());
    await this.#islet('scale', 'web', String(asked.needed.instances));
    const { seen } = await this.#under(FORECAST_RPS, () => this.#capacity());
    const { needed } = asked;
    const off = (said: number, was: number) => (100 * Math.abs(said - was)) / was;
    const setting = `The forecast was made at ${asked.seen.rps.toFixed(0)} requests/s, for ${FORECAST_RPS}: ${needed.instances} instance${needed.instances === 1 ? '' : 's'}. With as many, and ${seen.rps.toFixed(0)} requests/s of 4 ms of processor time and 20 ms of waiting each,`;
    yield figure(
      'capacity.mean-off',
      '%',
      off(needed.meanMs, seen.meanMs),
      `How far the forecast mean was from what came. ${setting} requests took ${seen.meanMs.toFixed(1)} ms, and ${needed.meanMs.toFixed(1)} ms were said.`,
    );
    yield figure(
      'capacity.p95-off',
      '%',
      off(needed.p95Ms, seen.p95Ms),
      `The same of the p95: ${seen.p95Ms.toFixed(1)} ms, and ${needed.p95Ms.toFixed(1)} ms were said.`,
    );
  }

  async #under<T>(rps: number, act: () => Promise<T>): Promise<T> {
    using load = this.#load(rps);
    await pause(3_000, undefined, { signal: this.#context.signal });
    const result = await act();
    await load.stop();
    return result;
  }

  async #capacity() {
    const { stdout } = await this.#islet('capacity', 'web', '--rps', String(FORECAST_RPS), '--over', '10s', '--json');
    const capacity = JSON.parse(stdout) as Capacity;
    if (capacity.kind === 'refused') throw new Error(`no forecast: ${capacity.why}`);
    return capacity;
  }

  #islet(...args: readonly string[]) {
    return this.#shop.islet(args, { deadlineMs: CAPACITY_DEADLINE_MS, signal: this.#context.signal });
  }

  async #is(scaling: string, behaviour?: object): Promise<void> {
    await this.#shop.edit(FILE, (text) => text.replace(/^scale: .*$/m, `scale: ${scaling}`));
    if (behaviour !== undefined) await this.#shop.edit('services/web/behaviour.json', () => JSON.stringify(behaviour));
    await this.#shop.up({ signal: this.#context.signal });
  }

  #load(perSecond: number): Load {
    return startLoad(`${this.#shop.url}/`, { connections: CONNECTIONS, perSecond });
  }
}

async function serves(proxy: ProxyWatch, least: number, most = Number.POSITIVE_INFINITY): Promise<boolean> {
  const count = await proxy.endpoints('web');
  return count >= least && count <= most;
}

/** On a connection of its own, as a stranger's would be. */
async function firstRequest(shop: Shop, signal: AbortSignal): Promise<Told> {
  const deadline = AbortSignal.any([signal, AbortSignal.timeout(60_000)]);
  const since = performance.now();
  const answer = await fetch(shop.url, { signal: deadline, headers: { connection: 'close' } }).catch(() => undefined);
  signal.throwIfAborted();
  await answer?.text();
  const p99Ms = performance.now() - since;
  return { sent: 1, failed: answer?.status === 200 ? 0 : 1, reset: 0, statuses: {}, versions: {}, p99Ms };
}

const SETTING = `ten times ${CALM_RPS} requests/s that take ${ANSWER_MS} ms need at ${TARGET} in flight for each. The service was a Node process that had one instance before; its minimum is 1, its maximum 8, and the machine's budget was declared to be no limit.`;

async function time(act: () => Promise<unknown>): Promise<number> {
  const since = performance.now();
  await act();
  return performance.now() - since;
}
