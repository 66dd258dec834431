import { because } from './because.ts';
import { isDrained } from './drained.ts';
import {
  type AbsentService,
  type Desired,
  type DesiredService,
  type Hold,
  type Observed,
  type ObservedInstance,
  type ObservedService,
  type PresentService,
  type Rest,
  type Step,
  stepKey,
} from './model.ts';
import { START_ATTEMPTS } from './roster.ts';
import { short } from './short.ts';
import { seenOf } from './turn.ts';

export const SERVICE_STATES = [
  /** All instances asked for are ready, and of the revision asked for. */
  'ready',
  /** On the way: building, migrating, starting, waiting for what it uses, replacing instances. */
  'progressing',
  /** It has fewer ready instances than asked for, and restarting alone has not helped. */
  'degraded',
  /** Its last rollout failed. What ran before goes on running. */
  'failed',
  /** Its rollout waits for a person's word. */
  'paused',
  /** Something that it needs is missing on this machine, or the rollout of a service asked for with it failed. */
  'blocked',
  'stopping',
  'stopped',
] as const;
export type ServiceState = (typeof SERVICE_STATES)[number];

export interface Status {
  readonly state: ServiceState;
  /** One sentence for people. */
  readonly why: string;
}

/**
 * What a person is told of each service. Derived, never stored. `steps` is what `plan` answers for the same inputs, so
 * that status and plan can't disagree.
 */
export function status(desired: Desired, observed: Observed, steps: readonly Step[]): Record<string, Status> {
  return Object.fromEntries(
    desired.services.map((service) => {
      const own = steps.filter((step) => 'service' in step && step.service === service.name);
      const held = Object.values(observed.held).filter(
        ({ step }) => 'service' in step && step.service === service.name,
      );
      return [service.name, statusOf(service, seenOf(service.name, observed), own, held)];
    }),
  );
}

/** Nothing is under way, and nothing but time or a person changes what is. */
export function settled(statuses: Readonly<Record<string, Status>>): boolean {
  return Object.values(statuses).every(({ state }) => state !== 'progressing' && state !== 'stopping');
}

/** What a step does, as a person says it. */
export function describeStep(step: Step): string {
  switch (step.kind) {
    case 'build':
      return `builds revision ${short(step.revision)}`;
    case 'provision':
      return 'starts its store';
    case 'retire':
      return 'withdraws the old credentials of its store';
    case 'migrate':
      return `migrates its database for ${short(step.revision)}`;
    case 'contract':
      return `applies the contract migrations of ${short(step.revision)}`;
    case 'start':
      return `starts ${step.instance}`;
    case 'publish':
      return 'tells the proxy its routes';
    case 'stop':
      return `stops ${step.instance}`;
    case 'kill':
      return `ends ${step.instance}: ${step.why}`;
    case 'advance':
      return `moves traffic on: ${step.why}`;
    case 'sample':
      return `sends ${step.requests} requests to ${step.generation}`;
    case 'promote':
      return `promotes ${short(step.revision)}`;
    case 'fail':
      return `gives up ${step.generation}: ${step.reason}`;
    case 'forget':
      return `removes the bytes of ${short(step.revision)}`;
    case 'stop-store':
      return 'stops its store';
    case 'purge':
      return 'deletes its data and files';
    case 'wait':
      return step.why;
  }
}

function statusOf(
  service: DesiredService,
  seen: ObservedService,
  steps: readonly Step[],
  holds: readonly Hold[],
): Status {
  const running = holds.filter(({ kind }) => kind === 'running').map(({ step }) => step);
  const stuck = holds.filter((hold) => isAskedFor(hold, steps)).flatMap(reasonIfStuck);
  if (service.kind === 'absent') return goneStatus(service, seen, [...running, ...steps]);
  const counted = seen.instances.filter((instance) => !isDrained(service, instance));
  const ready = counted.filter(({ state }) => state.kind === 'ready').length;
  const serving = ready > 0 && seen.stable !== undefined ? `; revision ${short(seen.stable.revision)} serves` : '';
  const busy = stuck.length > 0 ? effectUnderWay(steps, running) : underWay(service, seen, { steps, running });
  if (busy !== undefined) return { state: 'progressing', why: busy };
  if (service.blocked.length > 0) return { state: 'blocked', why: `${service.blocked.join('; ')}${serving}` };
  const failure = seen.failed[service.generation];
  if (failure !== undefined) return { state: 'failed', why: `${failure}${serving}` };
  const held = resting(steps, 'held-back');
  if (held !== undefined) return { state: 'blocked', why: `${held}${serving}` };
  const paused = resting(steps, 'paused');
  if (paused !== undefined) return { state: 'paused', why: paused };
  if (ready < service.instances || stuck.length > 0) return degraded(service, seen, { ready, steps, stuck });
  return readyStatus(service, ready, resting(steps, 'drained') ?? resting(steps, 'bake'));
}

/** What has failed is no trouble any more once something else has brought it about, as a restore does with a store. */
function isAskedFor(hold: Hold, steps: readonly Step[]): boolean {
  const key = stepKey(hold.step);
  const isItsWait = (step: Step) => hold.kind === 'cooling' && step.kind === 'wait' && step.until === hold.until;
  return steps.some((step) => stepKey(step) === key || isItsWait(step));
}

/** A step that fails again and again is tried for ever, but is no progress: whoever waits for it shall know. */
function reasonIfStuck(hold: Hold): string[] {
  if (hold.kind !== 'cooling' || hold.step.kind === 'forget' || hold.attempt < START_ATTEMPTS) return [];
  return [`${describeStep(hold.step)}: failed ${hold.attempt} times: ${hold.reason}`];
}

function goneStatus({ purge }: AbsentService, { store }: ObservedService, [step]: readonly Step[]): Status {
  if (step !== undefined) return { state: 'stopping', why: describeStep(step) };
  const keepsData = store.kind !== 'none' && store.kind !== 'restoring' && !purge;
  return { state: 'stopped', why: keepsData ? 'is stopped; its data is kept' : 'is stopped' };
}

/** The sentence for what is under way; undefined where only a crash loop's next try is awaited. */
function underWay(
  service: PresentService,
  seen: ObservedService,
  { steps, running }: { readonly steps: readonly Step[]; readonly running: readonly Step[] },
): string | undefined {
  const effect = effectUnderWay(steps, running);
  if (effect !== undefined) return effect;
  // While a new generation is tried, that an older one ends again and again is nothing new.
  const isOpen = service.blocked.length === 0 && seen.failed[service.generation] === undefined;
  const counted = seen.instances.filter(({ generation }) => !isOpen || generation === service.generation);
  const looping = counted.some(({ exits }) => exits >= START_ATTEMPTS);
  if (looping) return undefined;
  const starting = seen.instances.find(({ state }) => state.kind === 'starting' || state.kind === 'stopping');
  if (starting !== undefined) return `waits for ${starting.id}${because(starting)}`;
  // That an old instance waits for its back-off meanwhile is no progress of a rollout that waits for a person, or is
  // held back.
  if (resting(steps, 'paused') !== undefined || resting(steps, 'held-back') !== undefined) return undefined;
  const wait = steps.find((step) => step.kind === 'wait' && step.rest === undefined);
  return wait && describeStep(wait);
}

function effectUnderWay(steps: readonly Step[], running: readonly Step[]): string | undefined {
  const [effect] = [...running, ...steps].filter(({ kind }) => kind !== 'wait' && kind !== 'forget');
  return effect && describeStep(effect);
}

interface Shortage {
  readonly ready: number;
  readonly steps: readonly Step[];
  readonly stuck: readonly string[];
}

function degraded(service: PresentService, seen: ObservedService, { ready, steps, stuck }: Shortage): Status {
  const waits = stuck.length > 0 ? stuck : steps.filter((step) => step.kind === 'wait').map(describeStep);
  const reasons = [...new Set([...seen.instances.flatMap(troubleOf), ...waits])];
  const counted = `${ready} of ${service.instances} ready`;
  return { state: 'degraded', why: reasons.length === 0 ? counted : `${counted}: ${reasons.join('; ')}` };
}

function troubleOf(instance: ObservedInstance): string[] {
  const { id, state, exits } = instance;
  if (state.kind === 'unready') return [`${id} fails its readiness probe${because(instance)}`];
  if (state.kind === 'starting' && exits >= START_ATTEMPTS) return [`${id} ended ${exits} times, and starts again`];
  return [];
}

function resting(steps: readonly Step[], rest: Rest): string | undefined {
  return steps.flatMap((step) => (step.kind === 'wait' && step.rest === rest ? [step.why] : []))[0];
}

/** `ready` counts all that run, also those kept warm. */
function readyStatus({ instances }: PresentService, ready: number, rest: string | undefined): Status {
  if (instances === 0) return { state: 'ready', why: 'is scaled to none' };
  return { state: 'ready', why: `${Math.min(ready, instances)} of ${instances} ready${rest ? `; ${rest}` : ''}` };
}
