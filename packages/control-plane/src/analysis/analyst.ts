import type { RevisionTraffic } from '@islet/driver';
import type { Evidence } from '@islet/plan';
import type { Clock } from '../clock.ts';
import {
  type Case,
  evidenceOf,
  type InstanceMemory,
  isOf,
  type KeptCase,
  kept,
  nextStep,
  openCase,
  seeMemory,
  seeRequests,
} from './case.ts';
import { KEEP_EVERY_MS } from './limits.ts';
import type { Trial } from './trial.ts';

/**
 * Watches what requests and memory say of each new revision, and keeps the evidence for `plan`.
 *
 * Evidence is kept on disk every few seconds, so that a control plane that begins in the middle of a rollout goes on from it. What
 * was answered while nobody looked is left out: it never takes what came at one time for something that came at another.
 */
export interface Analyst {
  /** The trials that are open now; those of before are forgotten. */
  follow(trials: readonly Trial[]): void;
  /** There is something to look at. */
  isBusy(): boolean;
  /** A trial has begun, and whatever its revision answers counts from the next look on. */
  isToBegin(): boolean;
  /** What the revisions have answered by now, all of it since the proxy started, and what their instances hold. */
  look(traffic: readonly RevisionTraffic[], memory: readonly InstanceMemory[]): void;
  evidence(service: string): Evidence | undefined;
  /** Requests have been made up for the step that a service is at. */
  sampled(service: string): void;
}

/** What outlives this process. */
export interface EvidenceStore {
  services(): readonly string[];
  load(service: string): KeptCase | undefined;
  save(service: string, kept: KeptCase): void;
  forget(service: string): void;
}

export interface AnalystParts {
  /** Requests can be made up for this revision. */
  readonly canSample: (trial: Trial) => boolean;
  /** A check of the service's file that fails. */
  readonly failure: (service: string) => string | undefined;
  readonly store: EvidenceStore;
  readonly clock: Clock;
  /** Evidence could not be kept, as on a full disk: it is there all the same, for as long as this process. */
  readonly onTrouble: (error: Error) => void;
}

export function createAnalyst({ canSample, failure, store, clock, onTrouble }: AnalystParts): Analyst {
  const cases = new Map<string, Case>();
  /** What was kept before this process has been looked through. */
  let known = false;
  let keptAt = Number.NEGATIVE_INFINITY;

  const next = (trial: Trial): Case => {
    const before = cases.get(trial.service);
    return before !== undefined && isOf(before, trial)
      ? nextStep(before, trial)
      : openCase(trial, store.load(trial.service));
  };

  const attempt = (act: () => void) => {
    try {
      act();
    } catch (error) {
      onTrouble(error instanceof Error ? error : new Error(String(error)));
    }
  };

  const keep = () => {
    const now = clock.now();
    if (now >= keptAt && now - keptAt < KEEP_EVERY_MS) return;
    keptAt = now;
    attempt(() => {
      for (const [service, one] of cases) store.save(service, kept(one));
    });
  };

  return {
    follow: (trials) => {
      const open = new Map(trials.map((trial) => [trial.service, trial]));
      // One that ended while nobody was there must not speak against a later one of the same generation.
      for (const service of known ? cases.keys() : store.services()) {
        if (open.has(service)) continue;
        cases.delete(service);
        attempt(() => store.forget(service));
      }
      known = true;
      for (const [service, trial] of open) cases.set(service, next(trial));
    },
    isBusy: () => cases.size > 0,
    isToBegin: () => [...cases.values()].some(({ last }) => last === undefined),
    look: (traffic, memory) => {
      for (const one of cases.values()) {
        seeRequests(one, traffic);
        seeMemory(one, memory, clock.now());
      }
      keep();
    },
    evidence: (service) => {
      const one = cases.get(service);
      if (one === undefined) return undefined;
      const evidence = evidenceOf(one, one.isSampled ? 'sent' : canSample(one.trial) ? 'possible' : 'none');
      return { ...evidence, regression: evidence.regression ?? failure(service) };
    },
    sampled: (service) => {
      const one = cases.get(service);
      if (one !== undefined) one.isSampled = true;
    },
  };
}
