import type { Generation } from './model.ts';

/** What a rollout is asked to be, how far it has come, and what is known of the revision that it brings. */

export interface RolloutPace {
  readonly maxSurge: number;
  readonly maxUnavailable: number;
  readonly minHealthyMs: number;
  readonly healthyDeadlineMs: number;
  /** By which traffic is moved to another revision; empty: with the instances, as each replaces an old one. */
  readonly steps: readonly ShiftStep[];
  /** How long after its promotion a revision is still watched, with the one before kept warm to go back to. */
  readonly bakeMs: number;
}

/** One step of a canary. A blue-green rollout is a canary whose only step gives the new revision nothing. */
export interface ShiftStep {
  /** Of all requests, in hundredths; 0: only those that ask for the revision by name. */
  readonly percent: number;
  /** Of safe requests, in hundredths, so many are copied to it, and its answers dropped. */
  readonly mirrorPercent: number;
  /** The next step is taken after this long at the earliest, … */
  readonly holdMs: number;
  /** … and after so many requests, if so many can be had. */
  readonly requests: number;
  /** The next step is taken when a person says so: always, or only where too few requests could be had. */
  readonly byHand: 'never' | 'too-few' | 'always';
}

/** Decided, and kept durably: a rollout goes on where it was. */
export interface Progress {
  readonly generation: Generation;
  /** Number of steps that are behind it. */
  readonly step: number;
  /** When the last of them was left. */
  readonly since: number;
  /** A person has stopped it for a while. */
  readonly paused: boolean;
}

export interface Evidence {
  readonly generation: Generation;
  /** Answered by it since the step began; those of probes count. */
  readonly requests: number;
  /** What is worse than before, with its numbers; undefined: nothing that more than chance would explain. */
  readonly regression: string | undefined;
  /** The numbers, for people. */
  readonly summary: string;
  /** Whether requests can be made up where there are too few: from its smoke file or its contract. */
  readonly probes: 'none' | 'possible' | 'sent';
}

/** Why a generation is given up: its instances do not start or stay, or its requests do worse. */
export interface RolloutFailure {
  readonly of: 'start' | 'rollout';
  readonly reason: string;
}
