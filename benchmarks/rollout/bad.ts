import { setTimeout as pause } from 'node:timers/promises';
import type { Context } from '../context.ts';
import type { Claim } from '../measure/claim.ts';
import { figure, lostOf } from './figures.ts';
import { type Subject, steps } from './subject.ts';

const CONNECTIONS = 16;
const CANARY = steps('canary', 'steps: [5%, 25%, 50%], hold: 3s, bake: 2m');

/** What is wrong with a revision, and how often the service is asked meanwhile. */
const BAD: readonly { name: string; behaviour: object; good?: object }[] = [
  { name: 'errors', behaviour: { fails: 0.05 } },
  { name: 'slow', behaviour: { ms: 600 }, good: { ms: 200 } },
  { name: 'crash', behaviour: { crashAfterMs: 20_000 } },
  { name: 'crash-together', behaviour: { crashTogetherMs: 20_000 } },
  { name: 'leak', behaviour: { leakBytes: 40_000 } },
  { name: 'never-ready', behaviour: { neverReady: true } },
];
const PER_SECOND = 100;

export async function* badRevisions(subject: Subject, { progress, times, wants }: Context): AsyncIterable<Claim> {
  for (const { name, behaviour, good = {} } of BAD.filter((bad) => wants(`rollout.bad.${bad.name}`))) {
    const behaves = name === 'crash' ? { crashAfterMs: times(20_000, 2_000) } : behaviour;
    await subject.is({ rollout: CANARY, behaviour: { version: `good-${name}`, ...good } });
    progress(`a revision that is bad: ${name}`);
    using load = subject.load({ connections: CONNECTIONS, perSecond: PER_SECOND });
    const { seen, told, failure } = await subject.broken({ version: `bad-${name}`, ...behaves }, load);
    const method = `A canary of 5, 25 and 50 % for 3 s each and a bake of two minutes, at ${PER_SECOND} requests a second; the revision before is good. It was rolled back by itself: "${failure}". ${told.sent} requests in all.`;
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
  if (!wants('rollout.switch')) return;
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
