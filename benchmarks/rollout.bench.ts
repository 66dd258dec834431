import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { RolloutStatus, ServiceStatus } from '@islet/client';
import type { Benchmark, Context } from './context.ts';
import { type Claim, type Figure, medianFigure } from './measure/claim.ts';
import { type Load, startLoad, type Told } from './rollout/load.ts';
import { peers } from './rollout/peers.ts';
import { until } from './support/poll.ts';
import { Shop } from './support/shop.ts';

/** What rollouts cost those who are using the service: nothing, if the revision is good, and a share, if it is not. */
export const rollout: Benchmark = { name: 'rollout', claims };

const SYSTEM = fileURLToPath(new URL('./rollout/system', import.meta.url));
const DEADLINE_MS = 15 * 60_000;
const CONNECTIONS = 16;

async function* claims(context: Context): AsyncIterable<Claim> {
  await using shop = await Shop.copy(SYSTEM);
  const subject = new Subject(shop, context);
  await subject.islet('up');
  yield* lossless(subject, context);
  yield* badRevisions(subject, context);
  yield* littleTraffic(subject, context);
}

const AT_ONCE = '{ strategy: rolling, minHealthy: 0s, bake: 0s, analysis: off }';
const ROLLING = '{ strategy: rolling, minHealthy: 1s, bake: 0s }';
const steps = (strategy: string, more: string) =>
  `{ strategy: ${strategy}, ${more}, minHealthy: 0s, healthyDeadline: 5s }`;
const CANARY = steps('canary', 'steps: [5%, 25%, 50%], hold: 3s, bake: 60s');

/** Each changes something under load, over and over, until enough requests have met it. */
const OPERATIONS: readonly {
  name: string;
  rollout: string;
  act: (subject: Subject, round: number) => Promise<void>;
}[] = [
  { name: 'rolling', rollout: ROLLING, act: (subject) => subject.next() },
  {
    name: 'canary',
    rollout: steps('canary', 'steps: [5%, 25%, 50%], hold: 500ms, bake: 0s, analysis: { requests: 0 }'),
    act: (subject) => subject.next(),
  },
  {
    name: 'blue-green',
    rollout: steps('blue-green', 'hold: 500ms, bake: 0s, analysis: { requests: 0 }'),
    act: (subject) => subject.next(),
  },
  { name: 'rollback', rollout: ROLLING, act: (subject) => subject.islet('rollback', 'web') },
  { name: 'restart', rollout: ROLLING, act: (subject) => subject.islet('restart', 'web') },
  {
    name: 'scale',
    rollout: ROLLING,
    act: (subject, round) => subject.islet('scale', 'web', round % 2 === 0 ? '4' : '1'),
  },
];

async function* lossless(subject: Subject, context: Context): AsyncIterable<Claim> {
  const { progress, times } = context;
  const requests = times(100_000, 6_000) / OPERATIONS.length;
  const others = await peers(context, requests);
  for (const { name, rollout, act } of OPERATIONS) {
    progress(`${name} under load`);
    await subject.is({ rollout, behaviour: { version: `good-${name}` } });
    using load = subject.load({ connections: CONNECTIONS, perSecond: 0 });
    let rounds = 0;
    for (; load.sent() < requests || rounds < 2; rounds += 1) await act(subject, rounds);
    const told = await load.stop();
    yield {
      claim: `rollout.failed.${name}`,
      unit: 'requests',
      better: 'less',
      islet: one(lostOf(told)),
      peers: others,
      method: `Requests that got no answer, or another than 200, of ${told.sent} over ${CONNECTIONS} connections from a process of its own, while two instances of a Node service went through ${rounds} times ${name}. The peers changed the same service under the same load for as many requests: pm2 by reload of two cluster workers, stop-start by ending the process and starting the next, as Compose does when it recreates a container. Steps are held for 0.5 s here.`,
    };
  }
}

/** What is wrong with a revision, and how often the service is asked meanwhile. */
const BAD: readonly { name: string; behaviour: object; good?: object }[] = [
  { name: 'errors', behaviour: { fails: 0.05 } },
  { name: 'slow', behaviour: { ms: 600 }, good: { ms: 200 } },
  { name: 'crash', behaviour: { crashAfterMs: 20_000 } },
  { name: 'leak', behaviour: { leakBytes: 400_000 } },
  { name: 'never-ready', behaviour: { neverReady: true } },
];
const PER_SECOND = 100;

async function* badRevisions(subject: Subject, { progress, times }: Context): AsyncIterable<Claim> {
  for (const { name, behaviour, good = {} } of BAD) {
    const behaves = name === 'crash' ? { crashAfterMs: times(20_000, 2_000) } : behaviour;
    await subject.is({ rollout: CANARY, behaviour: { version: `good-${name}`, ...good } });
    progress(`a revision that is bad: ${name}`);
    using load = subject.load({ connections: CONNECTIONS, perSecond: PER_SECOND });
    const { seen, told, failure } = await subject.broken({ version: `bad-${name}`, ...behaves }, load);
    const method = `A canary of 5, 25 and 50 % for 3 s each and a bake of 60 s, at ${PER_SECOND} requests a second; the revision before is good. It was rolled back by itself: "${failure}". ${told.sent} requests in all.`;
    yield figure(
      `rollout.bad.${name}.answered`,
      'requests',
      seen?.answers ?? 0,
      `Requests that the bad revision answered. ${method}`,
    );
    yield figure(
      `rollout.bad.${name}.failed`,
      'requests',
      lostOf(told),
      `Requests that failed for whoever asked. ${method}`,
    );
    const ms = seen === undefined ? 0 : seen.lastAt - seen.firstAt;
    yield figure(
      `rollout.bad.${name}.time`,
      'ms',
      ms,
      `From the first request that it answered to the last. ${method}`,
    );
  }
  progress('how fast traffic goes back');
  await subject.is({ rollout: CANARY, behaviour: { version: 'good-switch' } });
  using load = subject.load({ connections: CONNECTIONS, perSecond: 0 });
  await pause(1_000);
  const told = await subject.aborted(load);
  yield figure(
    'rollout.switch',
    'ms',
    told,
    `From the decision to roll back, while a revision bakes, to the last request that it was sent, by the clock of the same machine, at as many requests a second as ${CONNECTIONS} connections carry.`,
  );
}

async function* littleTraffic(subject: Subject, { progress, times }: Context): AsyncIterable<Claim> {
  progress('a bad revision at one request a second');
  const perSecond = times(1, 20);
  const rolling = '{ strategy: rolling, minHealthy: 1s, bake: 15m }';
  await subject.is({ rollout: rolling, behaviour: { version: 'good-quiet' } });
  {
    using load = subject.load({ connections: 1, perSecond });
    const { seen, failure } = await subject.broken({ version: 'bad-quiet', fails: 0.05 }, load);
    const method = `5 % errors at ${perSecond} request${perSecond === 1 ? '' : 's'} a second, brought in by a rolling rollout, so that it is found while it bakes: "${failure}".`;
    yield figure('rollout.quiet.answered', 'requests', seen?.answers ?? 0, `Requests that it answered. ${method}`);
    yield figure('rollout.quiet.failed', 'requests', seen?.failures ?? 0, `Of them, those that failed. ${method}`);
  }
  progress('a good revision at ten requests a minute');
  const patient = steps('canary', 'steps: [5%, 25%, 50%], hold: 10s, bake: 0s');
  await subject.is({ rollout: patient, behaviour: { version: 'good-patient' } });
  using load = subject.load({ connections: 1, perSecond: 1 / 6 });
  const since = performance.now();
  await subject.next();
  const ms = performance.now() - since;
  await load.stop();
  yield figure(
    'rollout.quiet.promoted',
    'ms',
    ms,
    'From the command to its end: a good revision, by a canary of 5, 25 and 50 % for 10 s each, at ten requests a minute. What is missing of a hundred requests in each step is made up from its smoke file.',
  );
}

/** The service that is rolled out, and who watches it. */
class Subject {
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

function lostOf({ failed, reset }: Told): number {
  return failed + reset;
}

function one(value: number): Figure {
  return medianFigure([value]);
}

function figure(claim: string, unit: Claim['unit'], value: number, method: string): Claim {
  return { claim, unit, better: 'less', islet: one(value), peers: {}, method };
}
