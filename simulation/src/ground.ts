import type { VirtualClock } from '@islet/control-plane/testing';
import type { FakeCompute, FakeMachine } from '@islet/driver/fake';

/** How a revision behaves, by the word that its command ends with. */
export const BEHAVIOURS = [
  'good',
  'slow-start',
  'never-ready',
  'crashes-at-once',
  'crashes-later',
  'answers-errors',
  'no-build',
] as const;
export type Behaviour = (typeof BEHAVIOURS)[number];

export function isBad(behaviour: Behaviour): boolean {
  return behaviour !== 'good' && behaviour !== 'slow-start';
}

const UP_AFTER_MS: Readonly<Record<Behaviour, number>> = {
  good: 300,
  'slow-start': 4_000,
  'never-ready': Number.POSITIVE_INFINITY,
  'crashes-at-once': Number.POSITIVE_INFINITY,
  'crashes-later': 300,
  'answers-errors': 300,
  'no-build': Number.POSITIVE_INFINITY,
};
const CRASHES_AFTER_MS: Readonly<Partial<Record<Behaviour, number>>> = { 'crashes-at-once': 50, 'crashes-later': 900 };

/** How long after its end an instance still counts as one that could serve: nobody can know sooner. */
const KNOWN_WITHIN_MS = 20_000;
/** The same of one that has come to itself: the look that saw it ill may be 3 s old, and what follows from it 8 s late. */
const RECOVERY_KNOWN_WITHIN_MS = 12_000;

/** What is true of the processes, whoever knows it. */
export class Ground {
  readonly machine: FakeMachine;
  readonly #clock: VirtualClock;
  readonly #behaviours = new Map<string, Behaviour>();
  readonly #upAt = new Map<string, number>();
  readonly #healthyAt = new Map<string, number>();
  /** Instances that a fault made sick, until when. */
  readonly #sick = new Map<string, number>();
  /** Processes that a fault made hang, until they end. */
  readonly #hung = new Map<string, number>();
  #jumpedAt = 0;

  constructor(machine: FakeMachine, clock: VirtualClock) {
    this.machine = machine;
    this.#clock = clock;
  }

  /** A process of an instance has been started. */
  onStarted(instance: string, command: string, compute: FakeCompute): void {
    const behaviour = behaviourOf(command);
    this.#behaviours.set(instance, behaviour);
    this.#upAt.set(instance, this.#clock.elapsed() + UP_AFTER_MS[behaviour]);
    const crashesAfterMs = CRASHES_AFTER_MS[behaviour];
    const pid = this.#pidOf(instance);
    if (crashesAfterMs === undefined) return;
    this.#clock.after(crashesAfterMs, () => this.#pidOf(instance) === pid && compute.crash(instance, 'exit 1'));
  }

  behaviourOf(instance: string): Behaviour {
    return this.#behaviours.get(instance) ?? 'good';
  }

  makeSick(instance: string, forMs: number): void {
    this.#sick.set(instance, this.#clock.elapsed() + forMs);
  }

  makeHang(instance: string): void {
    const pid = this.#pidOf(instance);
    if (pid !== undefined) this.#hung.set(instance, pid);
  }

  /** Would it answer now? */
  isHealthy(instance: string): boolean {
    const found = this.machine.instances.get(instance);
    if (found?.process.kind !== 'running') return false;
    const now = this.#clock.elapsed();
    if ((this.#sick.get(instance) ?? 0) > now || this.#hung.get(instance) === found.process.pid) return false;
    if (now < (this.#upAt.get(instance) ?? 0)) return false;
    this.#healthyAt.set(instance, now);
    return true;
  }

  /** Whoever reads a clock takes what is starting for late. */
  onClockJump(): void {
    this.#jumpedAt = this.#clock.elapsed();
  }

  /** Does its process run, and was nothing ever wrong with it? */
  isFlawless(instance: string): boolean {
    const process = this.machine.instances.get(instance)?.process;
    const behaviour = this.behaviourOf(instance);
    if (process?.kind !== 'running' || isBad(behaviour) || this.#hung.get(instance) === process.pid) return false;
    const startedAt = (this.#upAt.get(instance) ?? 0) - UP_AFTER_MS[behaviour];
    return Math.max(this.#sick.get(instance) ?? 0, this.#jumpedAt) <= startedAt;
  }

  /** Has it been healthy for so long that whoever acts must know? */
  isKnownHealthy(instance: string): boolean {
    if (!this.isHealthy(instance)) return false;
    const now = this.#clock.elapsed();
    return now - Math.max(this.#upAt.get(instance) ?? now, this.#sick.get(instance) ?? 0) > RECOVERY_KNOWN_WITHIN_MS;
  }

  /** Could somebody who looked a while ago take it for healthy? */
  wasHealthy(instance: string): boolean {
    if (this.isHealthy(instance)) return true;
    const at = this.#healthyAt.get(instance);
    return at !== undefined && this.#clock.elapsed() - at <= KNOWN_WITHIN_MS;
  }

  /** Does a process listen there? */
  isTaken(port: number): boolean {
    return [...this.machine.instances.values()].some((it) => it.port === port && it.process.kind === 'running');
  }

  healthyByPort(port: number): boolean {
    for (const { id, port: own } of this.machine.instances.values())
      if (own === port && this.isHealthy(id)) return true;
    return false;
  }

  #pidOf(instance: string): number | undefined {
    const process = this.machine.instances.get(instance)?.process;
    return process?.kind === 'running' ? process.pid : undefined;
  }
}

export function behaviourOf(command: string): Behaviour {
  return BEHAVIOURS.find((behaviour) => command.endsWith(` ${behaviour}`)) ?? 'good';
}
