import type { Context } from '../context.ts';
import type { Claim } from '../measure/claim.ts';
import { figure } from './figures.ts';
import { type Subject, steps } from './subject.ts';

/** A bad revision that is hardly asked: it is found all the same, before its bake ends. */
export async function badAtOneASecond(subject: Subject, { times }: Context): Promise<readonly Claim[]> {
  const perSecond = times(1, 20);
  // Others are measured on this machine at the same time, which makes everything slow: here errors alone count.
  const rolling = '{ strategy: rolling, minHealthy: 1s, bake: 15m, analysis: { p99: 10s } }';
  await subject.is({ rollout: rolling, behaviour: { version: 'good-quiet' } });
  using load = subject.load({ connections: 1, perSecond });
  const { seen, failure } = await subject.broken({ version: 'bad-quiet', fails: 0.05 }, load);
  const method = `5 % errors at ${perSecond} request${perSecond === 1 ? '' : 's'} a second, brought in by a rolling rollout, so that it is found while it bakes: "${failure}".`;
  return [
    figure('rollout.quiet.answered', 'requests', seen?.answers ?? 0, `Requests that it answered. ${method}`),
    figure('rollout.quiet.failed', 'requests', seen?.failures ?? 0, `Of them, those that failed. ${method}`),
  ];
}

/** A good revision that is hardly asked must not wait for ever. */
export async function goodAtTenAMinute(subject: Subject, { progress }: Context): Promise<Claim> {
  progress('a good revision at ten requests a minute');
  const patient = steps('canary', 'steps: [5%, 25%, 50%], hold: 10s, bake: 0s');
  await subject.is({ rollout: patient, behaviour: { version: 'good-patient' } });
  using load = subject.load({ connections: 1, perSecond: 1 / 6 });
  const since = performance.now();
  await subject.next();
  const ms = performance.now() - since;
  await load.stop();
  return figure(
    'rollout.quiet.promoted',
    'ms',
    ms,
    'From the command to its end: a good revision, by a canary of 5, 25 and 50 % for 10 s each, at ten requests a minute. What is missing of a hundred requests in each step is made up from its smoke file.',
  );
}
