/**
 * The two inputs of `plan`, and its output. Plain data: it can be printed, stored, compared and replayed.
 *
 * Instants are milliseconds since the epoch (`…At`, `since`), durations are milliseconds (`…Ms`).
 */

import type { Evidence, Progress, RolloutFailure, RolloutPace } from './rollout-model.ts';

export type * from './rollout-model.ts';

/** Content key of a revision: what it is made of and how it is run. Equal keys are equal bytes. */
export type RevisionId = string;

/** A revision as started: `3f9a2c1d04.0`; `islet restart` asks for the next generation of the same revision. */
export type Generation = string;

/** `orders-3f9a2c1d04.0-1`: service, generation, index. Asking for it twice is asking once. */
export type InstanceId = string;

export interface Desired {
  readonly services: readonly DesiredService[];
  /** Key of everything in the routing table but its endpoints: listeners, hosts, paths. */
  readonly routes: string;
}

export type DesiredService = PresentService | AbsentService;

export interface PresentService {
  readonly kind: 'present';
  readonly name: string;
  readonly revision: RevisionId;
  readonly generation: Generation;
  readonly instances: number;
  /** Those that a person took out of traffic: they run on, and others stand in for them. */
  readonly drained: readonly InstanceId[];
  /** Services that should be ready before the first instance of this one starts. Acyclic. */
  readonly after: readonly string[];
  readonly hasStore: boolean;
  readonly migrates: boolean;
  /**
   * Two of it can't run at once (a fixed port, or `strategy: recreate`): the old one ends before the new one starts.
   */
  readonly exclusive: boolean;
  readonly rollout: RolloutPace;
  /** Services asked for together roll out in the order of `after`; undefined: in none. */
  readonly wave: number | undefined;
  readonly drainMs: number;
  /** How long tunnels and streams may go on where requests have `drainMs`. */
  readonly longLivedMs: number;
  readonly stopGraceMs: number;
  /** Why it can't start; empty: it can. What runs of it goes on running. */
  readonly blocked: readonly string[];
  /** Revisions whose bytes are kept for a rollback. */
  readonly keep: readonly RevisionId[];
  /** When this was asked for, or when somebody began to look after it again. */
  readonly since: number;
}

/** Asked to be gone: its instances, routes and server processes. Its data stays, unless `purge`. */
export interface AbsentService {
  readonly kind: 'absent';
  readonly name: string;
  readonly after: readonly string[];
  readonly drainMs: number;
  /** How long tunnels and streams may go on where requests have `drainMs`. */
  readonly longLivedMs: number;
  readonly stopGraceMs: number;
  readonly purge: boolean;
  /** It is gone for as long as its store is being restored. Of any other a restore that is under way is called off. */
  readonly forRestore?: boolean;
}

export interface Observed {
  readonly services: Readonly<Record<string, ObservedService>>;
  readonly traffic: ObservedTraffic;
  /** Steps under way, and steps that failed and may not be tried before `until`. */
  readonly held: Readonly<Record<StepKey, Hold>>;
}

export type Hold =
  | { readonly kind: 'running'; readonly step: Step }
  | {
      readonly kind: 'cooling';
      readonly step: Step;
      readonly until: number;
      readonly reason: string;
      /** How often it has failed in a row. */
      readonly attempt: number;
    };

export interface ObservedService {
  readonly name: string;
  /** Revisions whose bytes are complete on this machine. */
  readonly built: readonly RevisionId[];
  readonly store: ObservedStore;
  /** Revisions whose migrations are all applied. */
  readonly migrated: readonly RevisionId[];
  /** Migrated revisions whose contract migrations are still to be applied. */
  readonly contracts: readonly RevisionId[];
  /** Sorted by id. */
  readonly instances: readonly ObservedInstance[];
  /** The last generation whose rollout succeeded: what a failed rollout goes back to. */
  readonly stable: StableGeneration | undefined;
  /** When `stable` was promoted. */
  readonly promotedAt: number;
  /** What was promoted before `stable`, and has not been given up: what it goes back to while it bakes. */
  readonly fallback: StableGeneration | undefined;
  /** How far traffic has been moved to the generation asked for; undefined: its first step, if any. */
  readonly progress: Progress | undefined;
  /** What the requests say of the generation asked for; undefined: nothing is known of them. */
  readonly evidence: Evidence | undefined;
  /** Generations whose rollout was given up, and why. Cleared by asking again. */
  readonly failed: Readonly<Record<Generation, string>>;
  /** It left files on this machine. */
  readonly hasFiles: boolean;
}

export interface StableGeneration {
  readonly revision: RevisionId;
  readonly generation: Generation;
}

export type ObservedStore =
  | { readonly kind: 'none' }
  /** It is being replaced by a restored one: what is there is neither the one nor the other, and nobody's to stop. */
  | { readonly kind: 'restoring' }
  | { readonly kind: 'stopped' }
  | { readonly kind: 'starting' }
  /** `retirable`: credentials that were replaced still work, and no instance was started with them. */
  | { readonly kind: 'ready'; readonly retirable?: boolean };

export interface ObservedInstance {
  readonly id: InstanceId;
  readonly revision: RevisionId;
  readonly generation: Generation;
  readonly index: number;
  /** Ends since it was last healthy for long; the back-off grows with it. */
  readonly exits: number;
  /** When the first process of this instance was started. */
  readonly firstStartedAt: number;
  readonly state: InstanceState;
}

export type InstanceState =
  /**
   * Its process runs, and no probe has succeeded yet. `why`: what the last probe met with, once that is worth a word.
   */
  | { readonly kind: 'starting'; readonly since: number; readonly why?: string | undefined }
  | { readonly kind: 'ready'; readonly since: number }
  /** Was ready, runs, and its readiness probe fails. */
  | { readonly kind: 'unready'; readonly since: number; readonly why?: string | undefined }
  /** Runs, but its startup or liveness probe has given it up: only a restart helps. */
  | { readonly kind: 'hung'; readonly startedAt: number; readonly since: number; readonly why: string }
  | { readonly kind: 'stopping'; readonly since: number }
  /** No process. It may be started again at `restartAt`. */
  | { readonly kind: 'exited'; readonly at: number; readonly restartAt: number; readonly how: string };

export interface ObservedTraffic {
  /** What the proxy has acknowledged; undefined: it can't be reached. */
  readonly acknowledged: AcknowledgedRoutes | undefined;
  /** Requests in flight by instance, for those that have any. */
  readonly inFlight: Readonly<Record<InstanceId, number>>;
  /** Of those, the ones that are tunnels and streams. */
  readonly longLived: Readonly<Record<InstanceId, number>>;
  /** When an instance was last in the acknowledged table, warm or not, for those that are no longer. */
  readonly removedAt: Readonly<Record<InstanceId, number>>;
}

export interface AcknowledgedRoutes {
  readonly routes: string;
  readonly endpoints: Endpoints;
  /** Instances that are asked only where none of `endpoints` is there, by service; in neither list twice. */
  readonly warm: Endpoints;
  readonly splits: Splits;
}

/** How requests are shared out, by service, where two revisions serve by weight. */
export type Splits = Readonly<Record<string, Split>>;

export interface Split {
  /** Percent of the requests by revision; together 100. */
  readonly weights: Readonly<Record<RevisionId, number>>;
  /** The one that is known to work, and the new one: a request may ask for either, and is copied to the new one. */
  readonly stable: RevisionId;
  readonly candidate: RevisionId;
  readonly mirrorPercent: number;
}

/** Instances that take traffic, sorted, by service. */
export type Endpoints = Readonly<Record<string, readonly InstanceId[]>>;

/** One idempotent effect. */
export type Step =
  | { readonly kind: 'build'; readonly service: string; readonly revision: RevisionId }
  | { readonly kind: 'provision'; readonly service: string }
  /** Let nobody in any more by the store's credentials that were replaced. */
  | { readonly kind: 'retire'; readonly service: string }
  | { readonly kind: 'migrate'; readonly service: string; readonly revision: RevisionId }
  /** Apply what takes away from the schema: nothing older runs, or may come back. */
  | { readonly kind: 'contract'; readonly service: string; readonly revision: RevisionId }
  | {
      readonly kind: 'start';
      readonly service: string;
      readonly instance: InstanceId;
      readonly revision: RevisionId;
      readonly generation: Generation;
      readonly index: number;
    }
  | ({ readonly kind: 'publish' } & AcknowledgedRoutes)
  | { readonly kind: 'stop'; readonly service: string; readonly instance: InstanceId; readonly graceMs: number }
  /** End the process of an instance that hangs, and no later one; it is then started again like any that ended. */
  | {
      readonly kind: 'kill';
      readonly service: string;
      readonly instance: InstanceId;
      /** When that process was started. */
      readonly startedAt: number;
      readonly why: string;
    }
  /** Traffic is moved on by one step: record it, and why. */
  | {
      readonly kind: 'advance';
      readonly service: string;
      readonly generation: Generation;
      /** Number of steps that are behind it then. */
      readonly step: number;
      readonly why: string;
    }
  /** Send it requests that are made up, since too few come by themselves. */
  | { readonly kind: 'sample'; readonly service: string; readonly generation: Generation; readonly requests: number }
  /** The rollout succeeded: record it as what to go back to. */
  | {
      readonly kind: 'promote';
      readonly service: string;
      readonly revision: RevisionId;
      readonly generation: Generation;
    }
  /** The rollout failed: record why, and never try this generation again unless asked. */
  | ({ readonly kind: 'fail'; readonly service: string; readonly generation: Generation } & RolloutFailure)
  | { readonly kind: 'forget'; readonly service: string; readonly revision: RevisionId }
  | { readonly kind: 'stop-store'; readonly service: string }
  | { readonly kind: 'purge'; readonly service: string }
  /** Nothing to do for this service before `until`, or before something is observed; `why` is a sentence for people. */
  | {
      readonly kind: 'wait';
      readonly service: string;
      readonly why: string;
      readonly until: number | undefined;
      /** Set where this is no progress that anybody should wait for. */
      readonly rest?: Rest;
    };

/**
 * It bakes; a person has to say how it goes on, or has taken it out; another service's failure keeps it from beginning.
 */
export type Rest = 'bake' | 'paused' | 'drained' | 'held-back';

export type StepKey = string;

/** Two steps with one key are the same effect. */
export function stepKey(step: Step): StepKey {
  switch (step.kind) {
    case 'build':
    case 'migrate':
    case 'contract':
    case 'forget':
      return `${step.kind} ${step.service} ${step.revision}`;
    case 'promote':
    case 'fail':
    case 'sample':
      return `${step.kind} ${step.service} ${step.generation}`;
    case 'advance':
      return `advance ${step.service} ${step.generation} ${step.step}`;
    case 'start':
    case 'kill':
    case 'stop':
      return `${step.kind} ${step.instance}`;
    case 'provision':
    case 'retire':
    case 'stop-store':
    case 'purge':
    case 'wait':
      return `${step.kind} ${step.service}`;
    case 'publish':
      return 'publish';
  }
}

export function instanceId(service: string, generation: Generation, index: number): InstanceId {
  return `${service}-${generation}-${index}`;
}

export function generationOf(revision: RevisionId, restarts: number): Generation {
  return `${revision}.${restarts}`;
}
