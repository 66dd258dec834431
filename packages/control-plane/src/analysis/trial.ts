import {
  bakesUntil,
  type Desired,
  type Generation,
  type Observed,
  type ObservedService,
  type PresentService,
  type RevisionId,
} from '@islet/plan';
import type { AnalysisSpec } from '@islet/spec';

/** A revision that has to prove itself against the one before. */
export interface Trial {
  readonly service: string;
  readonly generation: Generation;
  readonly candidate: RevisionId;
  readonly baseline: RevisionId;
  /** Steps of the rollout that are behind it: each counts its requests anew. */
  readonly step: number;
  /** It has all of the traffic; there is nothing to compare it with at the same time. */
  readonly isAlone: boolean;
  readonly analysis: AnalysisSpec;
}

/** The trials that are open: of each service whose new revision is being rolled out, or bakes. */
export function trialsOf(
  { services }: Desired,
  observed: Observed,
  now: number,
  analysisOf: (service: string) => AnalysisSpec | undefined,
): readonly Trial[] {
  return services.flatMap((service) => {
    const seen = observed.services[service.name];
    const analysis = analysisOf(service.name);
    if (service.kind === 'absent' || seen === undefined || analysis === undefined) return [];
    const against = opponentOf(service, seen, now);
    if (against === undefined || seen.failed[service.generation] !== undefined) return [];
    const { name, revision, generation } = service;
    const progress = seen.progress?.generation === generation ? seen.progress : undefined;
    return [{ service: name, generation, candidate: revision, step: progress?.step ?? 0, analysis, ...against }];
  });
}

function opponentOf(
  service: PresentService,
  seen: ObservedService,
  now: number,
): Pick<Trial, 'baseline' | 'isAlone'> | undefined {
  const { stable, fallback } = seen;
  const until = bakesUntil(service, seen);
  if (until !== undefined && fallback !== undefined) {
    return now < until ? { baseline: fallback.revision, isAlone: true } : undefined;
  }
  if (stable === undefined || stable.revision === service.revision) return undefined;
  const hasBegun = seen.instances.some(({ generation }) => generation === service.generation);
  return hasBegun ? { baseline: stable.revision, isAlone: false } : undefined;
}
