import { setTimeout as pause } from 'node:timers/promises';
import type { RolloutStatus, ServiceStatus } from '@islet/client';
import type { Context } from '../context.ts';
import { until } from '../support/poll.ts';
import type { Shop } from '../support/shop.ts';
import { type Load, startLoad } from './load.ts';

const DEADLINE_MS = 15 * 60_000;
const AT_ONCE = '{ strategy: rolling, minHealthy: 0s, bake: 0s, analysis: off }';

/** A strategy whose steps need no instance to stay ready first. */
export const steps = (strategy: string, more: string) =>
  `{ strategy: ${strategy}, ${more}, minHealthy: 0s, healthyDeadline: 5s }`;

/** The service that is rolled out, and who watches it. */
export class Subject {
  readonly #shop: Shop;
  readonly #context: Context;
  #count = 0;

  constructor(shop: Shop, context: Context) {
    this.#shop = shop;
    this.#context = context;
  }

  async islet(...args: readonly string[]): Promise<void> {
    await this.#shop.islet(args, { deadlineMs: DEADLINE_MS, signal: this.#context.signal });
  }

  load(pace: { readonly connections: number; readonly perSecond: number }): Load {
    return startLoad(`${this.#shop.url}/`, pace);
  }

  /** Another good revision, until it serves. */
  async next(): Promise<void> {
    this.#count += 1;
    await this.behaves({ version: `good-${this.#count}` });
  }

  async behaves(behaviour: object): Promise<void> {
    await this.#shop.edit('services/web/behaviour.json', () => JSON.stringify(behaviour));
    await this.islet('deploy', 'web');
  }

  /** A good revision serves, and the next one will come in so. */
  async is({ rollout, behaviour }: { readonly rollout: string; readonly behaviour: object }): Promise<void> {
    const file = 'services/web/service.yaml';
    // What is to come in so comes in at once.
    await this.#shop.edit(file, (text) => text.replace(/^rollout: .*$/m, `rollout: ${AT_ONCE}`));
    await this.behaves(behaviour);
    await this.#shop.edit(file, (text) => text.replace(/^rollout: .*$/m, `rollout: ${rollout}`));
    await this.islet('deploy', 'web');
  }

  /** A bad revision, until it is rolled back. */
  async broken(behaviour: object, load: Load) {
    // The command fails where the revision does, which is what is waited for, and returns before where it bakes.
    await this.behaves(behaviour).catch(() => undefined);
    const patience = { everyMs: 200, signal: this.#context.signal, deadlineMs: DEADLINE_MS };
    await until('the bad revision to be rolled back', async () => (await this.#service()).state === 'failed', patience);
    const { failure } = await this.#service();
    // What was sent to it before is still answered.
    await pause(1_000);
    const told = await load.stop();
    return { told, seen: told.versions.bad, failure: failure?.reason ?? '' };
  }

  /** Milliseconds from the decision until nothing more was sent to the revision that bakes. */
  async aborted(load: Load): Promise<number> {
    await this.#shop.edit('services/web/behaviour.json', () => JSON.stringify({ version: 'bad-switch' }));
    await this.islet('deploy', 'web');
    await this.islet('rollout', 'abort', 'web');
    const args = ['rollout', 'status', 'web', '--json'];
    const { stdout } = await this.#shop.islet(args, { deadlineMs: DEADLINE_MS });
    const { history } = JSON.parse(stdout) as RolloutStatus;
    const decidedAt = history.findLast(({ kind }) => kind === 'failed')?.at ?? 0;
    const { versions } = await load.stop();
    return Math.max(0, (versions.bad?.lastAt ?? 0) - decidedAt);
  }

  async #service(): Promise<ServiceStatus> {
    const { services } = await this.#shop.status();
    const found = services.find(({ name }) => name === 'web');
    if (found === undefined) throw new Error('there is no web');
    return found;
  }
}
