import { BY_HAND, type Decision } from '@islet/control-plane/testing';
import type { ComputeDriver, StartRequest, StopRequest } from '@islet/driver';
import type { RoutingTable } from '@islet/policy';
import type { Ground } from './ground.ts';
import { askedOf } from './requests.ts';

/** What must hold whatever happens; each a name under which a broken one is told. */
export const INVARIANTS = [
  'no route to what is not ready',
  'never below what is asked for',
  'alone where two can not run at once',
  'drained before it is stopped',
  'no step doubled',
  'only who hangs is killed',
  'one revision outside a rollout',
  'nothing acknowledged is lost',
  'every rollout ends',
  'what a person stopped goes no further',
  'it converges',
  'scaled within its bounds',
  'no request fails that a warm instance could answer',
] as const;
export type Invariant = (typeof INVARIANTS)[number];

export class Broken extends Error {
  readonly invariant: Invariant;

  constructor(invariant: Invariant, what: string) {
    super(`${invariant}: ${what}`);
    this.invariant = invariant;
  }
}

/** What a person was told that a service shall have. */
export interface Asked {
  readonly least: number;
  readonly most: number;
  /** Its instances may all be gone for a while. */
  readonly exclusive: boolean;
  /** No generation of it may run beside another one. */
  readonly alone: boolean;
  readonly drainMs: number;
}

interface Wish {
  readonly at: number;
  /** Undefined: that it be gone. */
  readonly asked: Asked | undefined;
  readonly isAcknowledged: boolean;
}

export interface AuditorParts {
  readonly ground: Ground;
  /** Milliseconds that never go back. */
  readonly elapsed: () => number;
  readonly table: () => RoutingTable | undefined;
  readonly inFlight: (instance: string) => number;
  /** The generation of which instances are kept warm; undefined: of none. */
  readonly kept: (service: string) => string | undefined;
  readonly onBroken: (broken: Broken) => void;
}

/** How long after it was asked for a number may still be unknown to whoever acts. */
const KNOWN_WITHIN_MS = 20_000;

/**
 * Watches every effect at the moment at which it comes true, and judges it by what is true then, not by what anybody
 * believes. Where the world has just changed, what could be known a moment ago is what counts.
 */
export class Auditor {
  readonly #parts: AuditorParts;
  readonly #asked = new Map<string, Wish[]>();
  /** When an instance was last routed to. */
  readonly #routedAt = new Map<string, number>();
  readonly #running = new Set<string>();
  /** Instances that were told to stop. */
  readonly #stopped = new Set<string>();
  /** When a service was last promoted. */
  readonly #promotedAt = new Map<string, number>();
  /** Of each generation, how many steps of its rollout are behind it. */
  readonly #steps = new Map<string, number>();
  /** Generations whose rollout a person has paused. */
  readonly #paused = new Set<string>();
  #jumpedAt = Number.NEGATIVE_INFINITY;
  #publishedAt = Number.NEGATIVE_INFINITY;
  checks = 0;

  constructor(parts: AuditorParts) {
    this.#parts = parts;
  }

  /** A person's wish has been acknowledged. Undefined: that it be gone. */
  onAsked(service: string, asked: Asked | undefined): void {
    this.#wish(service, { at: this.#parts.elapsed(), asked, isAcknowledged: true });
  }

  /** It is being said. Where nobody answers it may be kept all the same, and stay so until the next one is acknowledged. */
  onAsking(service: string, asked: Asked | undefined): void {
    this.#wish(service, { at: this.#parts.elapsed(), asked, isAcknowledged: false });
  }

  #wish(service: string, wish: Wish): void {
    this.#asked.set(service, [...(this.#asked.get(service) ?? []).slice(-40), wish]);
  }

  onClockJump(): void {
    this.#jumpedAt = this.#parts.elapsed();
  }

  /** A decision is recorded: the steps of a rollout are taken one after the other, each once. */
  onDecided(decision: Decision): void {
    const { kind } = decision;
    if (kind !== 'advanced' && kind !== 'promoted' && kind !== 'paused' && kind !== 'resumed') return;
    const key = `${decision.service} ${decision.generation}`;
    if (kind === 'paused') this.#paused.add(key);
    if (kind === 'resumed' || (kind === 'advanced' && decision.why === BY_HAND)) this.#paused.delete(key);
    const isStopped = this.#paused.has(key) && (kind === 'advanced' || kind === 'promoted');
    this.#check('what a person stopped goes no further', !isStopped, `${key} is ${kind}`);
    if (kind === 'advanced') this.#checkStep(key, decision);
    if (kind === 'promoted') this.#promotedAt.set(decision.service, this.#parts.elapsed());
  }

  #checkStep(key: string, { step, why }: Extract<Decision, { kind: 'advanced' }>): void {
    const before = this.#steps.get(key) ?? 0;
    // A person skips some, and may say so twice.
    const follows = why === BY_HAND ? step >= before : step === before + 1;
    this.#check('no step doubled', follows, `${key} goes from step ${before} to ${step}`);
    this.#steps.set(key, step);
  }

  /** A table comes into use: what it takes out of traffic must not be missed. */
  onPublished(table: RoutingTable): void {
    const now = this.#parts.elapsed();
    this.#publishedAt = now;
    for (const [service, { endpoints }] of Object.entries(table.services)) this.#checkNumber(service, endpoints);
    // Until now by the table before; this one is in use from here on.
    for (const { instance } of this.#reached()) this.#routedAt.set(instance, now);
    for (const { endpoints, warm = [] } of Object.values(table.services)) {
      for (const { instance } of [...endpoints, ...warm]) {
        this.#check('no route to what is not ready', this.#parts.ground.wasHealthy(instance), instance);
      }
    }
  }

  /** A request could come now: whoever could answer it must be known to the proxy. */
  onRequest(service: string): void {
    const { ground, table, kept } = this.#parts;
    const { machine } = ground;
    const runs = ({ instance }: { readonly instance: string }) =>
      machine.instances.get(instance)?.process.kind === 'running';
    const generation = kept(service);
    if (generation === undefined || askedOf({ table: table(), machine }, service).some(runs)) return;
    const promotedAt = this.#promotedAt.get(service) ?? 0;
    // A clock that was put forward has ended the bake before its time; and a table may be from before it.
    if (this.#jumpedAt >= promotedAt || this.#publishedAt <= promotedAt) return;
    const wishes = this.#recent(service);
    const least = Math.min(...wishes.map((one) => (one === undefined || one.exclusive ? 0 : one.least)));
    const warm = [...machine.instances.values()].filter(
      (one) => one.service === service && one.generation === generation && one.index < least,
    );
    const able = warm.filter(({ id }) => !this.#stopped.has(id) && ground.isKnownHealthy(id)).map(({ id }) => id);
    this.#check('no request fails that a warm instance could answer', able.length === 0, able.join(', '));
  }

  #checkNumber(service: string, after: readonly { readonly instance: string }[]): void {
    const { ground } = this.#parts;
    const wishes = this.#recent(service);
    const asked = wishes.filter((one) => one !== undefined);
    if (asked.length === 0 || asked.length < wishes.length || asked.some(({ exclusive }) => exclusive)) return;
    const stays = new Set(after.map(({ instance }) => instance));
    const removed = this.#endpoints(service).filter(
      (one) => !stays.has(one.instance) && ground.isKnownHealthy(one.instance),
    );
    const left = after.filter((one) => ground.wasHealthy(one.instance)).length;
    const least = Math.min(...asked.map((one) => one.least));
    const what = `${removed.map(({ instance }) => instance).join(', ')} taken out of traffic: ${left} left of ${least}`;
    this.#check('never below what is asked for', removed.length === 0 || left >= least, what);
  }

  /** A compute driver whose effects are seen. */
  watch(compute: ComputeDriver): ComputeDriver {
    return {
      ...compute,
      start: (request, options) =>
        this.#once(`start ${request.instance}`, () => this.#start(compute, request, options)),
      stop: (request, options) => {
        this.#onStop(request);
        return compute.stop(request, options);
      },
      kill: (request, options) => {
        const { instance } = request;
        // One that came to itself a moment ago may be killed for what it was when somebody looked.
        const isWell = this.#parts.ground.isKnownHealthy(instance);
        this.#check('never below what is asked for', !isWell, `${instance} is killed`);
        return this.#kill(compute, request, options);
      },
    };
  }

  /** Also one that is late, or comes twice: the process that it was meant for may be another by then. */
  async #kill(compute: ComputeDriver, ...[request, options]: Parameters<ComputeDriver['kill']>): Promise<void> {
    const { ground } = this.#parts;
    const { instance } = request;
    const wasFlawless = ground.isFlawless(instance);
    await compute.kill(request, options);
    const isKilled = wasFlawless && !ground.isFlawless(instance);
    this.#check('only who hangs is killed', !isKilled, `${instance} was well ever since it started`);
  }

  #start(compute: ComputeDriver, request: StartRequest, options: Parameters<ComputeDriver['start']>[1]): Promise<void> {
    const asked = this.#recent(request.service);
    const isWanted = asked.length === 0 || asked.some((one) => one !== undefined);
    this.#check(
      'nothing acknowledged is lost',
      isWanted,
      `${request.instance} is started, and its service is to be gone`,
    );
    // A spare one that has ended is started again while those that are to replace it do not serve.
    const isNew = !this.#parts.ground.machine.instances.has(request.instance);
    const most = Math.max(0, ...asked.map((one) => one?.most ?? 0));
    this.#check(
      'scaled within its bounds',
      !isNew || request.index < Math.max(1, most),
      `${request.instance} of at most ${most}`,
    );
    this.#checkAlone(request, asked);
    return compute.start(request, options);
  }

  #checkAlone({ service, generation, instance }: StartRequest, asked: readonly (Asked | undefined)[]): void {
    if (asked.length === 0 || !asked.every((one) => one?.alone)) return;
    const others = [...this.#parts.ground.machine.instances.values()].filter(
      (one) => one.service === service && one.generation !== generation && one.process.kind !== 'exited',
    );
    const what = `${instance} is started beside ${others.map(({ id }) => id).join(', ')}`;
    this.#check('alone where two can not run at once', others.length === 0, what);
  }

  #onStop({ instance }: StopRequest): void {
    this.#stopped.add(instance);
    const { ground, inFlight, elapsed } = this.#parts;
    const found = ground.machine.instances.get(instance);
    if (found?.process.kind !== 'running') return;
    const routed = this.#reached().some((endpoint) => endpoint.instance === instance);
    const asked = this.#recent(found.service);
    const present = asked.filter((one) => one !== undefined);
    // What goes down as a whole goes even while the proxy can't be asked.
    if (present.length < asked.length) return;
    // One that has just been started again, after its end was seen, serves nobody yet.
    if (!ground.isHealthy(instance)) return;
    this.#check('drained before it is stopped', !routed, `${instance} is stopped, and is routed to`);
    const since = elapsed() - (this.#routedAt.get(instance) ?? Number.NEGATIVE_INFINITY);
    const drainMs = Math.min(...present.map((one) => one.drainMs));
    // A clock that was put forward brings every deadline forward, and the drain's with it.
    const jumped = elapsed() - this.#jumpedAt < KNOWN_WITHIN_MS;
    const drained = inFlight(instance) === 0 || since >= drainMs || jumped;
    this.#check('drained before it is stopped', drained, `${instance} is stopped with requests in flight`);
  }

  async #once(step: string, act: () => Promise<void>): Promise<void> {
    this.#check('no step doubled', !this.#running.has(step), step);
    this.#running.add(step);
    await act().finally(() => this.#running.delete(step));
  }

  #endpoints(service: string): readonly { readonly instance: string }[] {
    return this.#parts.table()?.services[service]?.endpoints ?? [];
  }

  /** All that may be asked, be it as the last resort. */
  #reached(): readonly { readonly instance: string }[] {
    const services = this.#parts.table()?.services ?? {};
    return Object.values(services).flatMap(({ endpoints, warm = [] }) => [...endpoints, ...warm]);
  }

  /** What may be in force, or was lately: the last wish that was acknowledged before the window, and those since. */
  #recent(service: string): readonly (Asked | undefined)[] {
    const all = this.#asked.get(service) ?? [];
    const from = this.#parts.elapsed() - KNOWN_WITHIN_MS;
    const last = all.findLastIndex(({ at, isAcknowledged }) => isAcknowledged && at < from);
    return all.slice(Math.max(0, last)).map(({ asked }) => asked);
  }

  #check(invariant: Invariant, holds: boolean, what: string): void {
    this.checks++;
    if (!holds) this.#parts.onBroken(new Broken(invariant, what));
  }
}
