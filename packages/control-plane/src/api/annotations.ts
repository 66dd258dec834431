import type { Annotation } from '@islet/client';
import type { DecisionRow } from '../store/decisions.ts';
import type { Between } from '../store/decisions-between.ts';
import type { System } from '../system.ts';
import { describeDecision } from './decisions.ts';

/** What was done and decided in a stretch of time, for the axis of a chart, oldest first. */
export function annotationsOf({ parts, redact }: System, between: Between): Annotation[] {
  return parts.state.decisions.between(between).map((row) => {
    const { at, kind, text, service } = describeDecision(row, redact);
    const revision = revisionOf(row);
    return { at, kind, text, ...(service !== undefined && { service }), ...(revision !== undefined && { revision }) };
  });
}

/** A generation is a revision, and how often it was restarted. */
function revisionOf({ decision }: DecisionRow): string | undefined {
  // Of an applied document it is a number of the system's, and no revision of a service.
  if (decision.kind === 'applied') return undefined;
  if ('revision' in decision) return decision.revision;
  return 'generation' in decision ? decision.generation.split('.')[0] : undefined;
}
