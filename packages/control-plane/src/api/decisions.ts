import type { Contract } from '@islet/client';
import { short } from '@islet/plan';
import type { z } from 'zod';
import type { Decision, DecisionRow } from '../store/decisions.ts';

type Told = z.infer<Contract['decisions']['response']>[number];

/** A decision as a sentence. */
export function describeDecision({ seq, at, service, decision }: DecisionRow, redact: (text: string) => string): Told {
  const told = { seq, at, kind: decision.kind, text: redact(sentence(decision)) };
  return service === undefined ? told : { ...told, service };
}

function sentence(decision: Decision): string {
  switch (decision.kind) {
    case 'applied':
      return `was asked: islet ${decision.text}`;
    case 'promoted':
      return `revision ${short(decision.revision)} works, and is what a failed rollout goes back to`;
    case 'failed':
      return `gave up ${short(decision.generation)}: ${decision.failure.step} failed: ${decision.failure.reason}`;
    case 'advanced':
      return `moved the traffic of ${short(decision.generation)} on by a step: ${decision.why}`;
    case 'paused':
      return `was asked to pause the rollout of ${short(decision.generation)}`;
    case 'resumed':
      return `was asked to go on with the rollout of ${short(decision.generation)}`;
    case 'provisioned':
      return 'starts its store';
    case 'migrated':
      return migrated(decision);
    case 'retired':
      return 'withdrew the old credentials of its store';
    case 'contracted':
      return decision.files.length === 0
        ? 'no contract migration was left to apply'
        : `applied ${decision.files.join(', ')}: there is no way back to the revisions before`;
    case 'ended':
      return `${decision.instance} ended: ${decision.how}`;
    case 'crash-loop':
      return `${decision.instance} ends again and again, ${decision.exits} times now (${decision.how}); it is started again ever more slowly`;
    case 'killed':
      return `ended ${decision.instance}: ${decision.why}`;
    case 'purged':
      return 'deleted its data and files';
    case 'drill':
      return `a drill: ${decision.drill} of ${decision.instance}, until ${new Date(decision.until).toISOString()}`;
    case 'scaled':
      return `from ${decision.from} to ${decision.to} instances: ${decision.why}`;
    case 'proxy-died':
      return `the proxy died with about ${decision.inFlight} requests inside it, and was started again`;
    case 'restored':
      return decision.text;
    case 'restore-failed':
      return `its restore failed, and its data is as before: ${decision.why}`;
    case 'upgrade-failed':
      return `its data could not be taken over to another version, and is as before: ${decision.why}`;
    case 'rewound':
      return decision.text;
    case 'rewind-failed':
      return decision.why;
    case 'restore-point':
      return `may be restored to before ${decision.migrations.join(', ')}: islet restore ${decision.service} --to before-migration`;
    case 'upgrade-point':
      return `is backed up as it was before ${decision.to}: islet restore ${decision.service} --to before-upgrade --as NAME`;
    case 'drilled':
      return decision.drill.problems.length === 0
        ? `proved that its backup ${decision.drill.copy ?? ''} comes back`
        : `its backup does not come back: ${decision.drill.problems.join('; ')}`;
    case 'note':
      return decision.text;
  }
}

function migrated({ files, hazards = [] }: Extract<Decision, { kind: 'migrated' }>): string {
  if (files.length === 0) return 'its database was up to date';
  return [`applied ${files.join(', ')}`, ...hazards].join('; hazard: ');
}
