import type { Context } from '../context.ts';
import type { Claim } from '../measure/claim.ts';
import { lostOf, one } from './figures.ts';
import { peers } from './peers.ts';
import { type Subject, steps } from './subject.ts';

const CONNECTIONS = 16;
const ROLLING = '{ strategy: rolling, minHealthy: 1s, bake: 0s }';

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

export async function* lossless(subject: Subject, context: Context): AsyncIterable<Claim> {
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
      method: `Failed requests, ${name}: those that got no answer, or another than 200, of ${told.sent} over ${CONNECTIONS} connections from a process of its own, while two instances of a Node service went through ${rounds} times ${name}. The peers changed the same service under the same load for as many requests: pm2 by reload of two cluster workers, stop-start by ending the process and starting the next, as Compose does when it recreates a container. Steps are held for 0.5 s here.`,
    };
  }
}
