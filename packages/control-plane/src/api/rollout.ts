import { ApiError, type RolloutStatus } from '@islet/client';
import { bakesUntil, generationOf, type PresentService, type Status, seenOf, short, status } from '@islet/plan';
import { leftBehind, onItsStore, rollbackTo } from '../rollback.ts';
import { shiftSteps } from '../shift-steps.ts';
import { gatewayUrl } from '../status.ts';
import type { Applied, AppliedService, LaunchSpec } from '../store/applied.ts';
import { lookOnce, type System } from '../system.ts';
import { describeDecision } from './decisions.ts';
import type { Handlers } from './server.ts';

export interface RolloutContext {
  readonly wanted: (service: string) => AppliedService;
  /** Asks for something else of a service. */
  readonly change: (
    service: string,
    changes: (one: AppliedService) => Partial<AppliedService>,
    text: string,
  ) => ReturnType<Handlers['restart']>;
}

/** Decisions that tell the history of a service's rollouts. */
const OF_ROLLOUTS = new Set([
  'applied',
  'promoted',
  'failed',
  'advanced',
  'paused',
  'resumed',
  'migrated',
  'contracted',
]);

/** What is asked and told of rollouts. */
export function rolloutHandlers(
  system: System,
  { wanted, change }: RolloutContext,
): Pick<Handlers, 'rollout' | 'steerRollout' | 'rollback'> {
  const { parts, redact } = system;
  const { decisions, applied } = parts.state;
  const { clock } = parts;

  return {
    rollout: async ({ params: { service = '' } }) => {
      const one = wanted(service);
      const { look, desired, steps } = await lookOnce(system);
      const told = status(desired, look.observed, steps)[service];
      const present = desired.services.find(({ name }) => name === service);
      if (present?.kind !== 'present' || told === undefined) throw new ApiError('not-found', `${service} is not there`);
      const rows = decisions.list({ service }).filter(({ decision }) => OF_ROLLOUTS.has(decision.kind));
      const history = rows.map((row) => describeDecision(row, redact));
      const how = rolloutStatus(one, present, told, system, seenOf(service, look.observed));
      const preview = how.steps === undefined ? undefined : previewText(one.spec, applied.current());
      return { ...how, ...(preview === undefined ? {} : { preview }), history };
    },

    steerRollout: ({ params: { service = '' }, body: { action } }) => {
      const one = wanted(service);
      const generation = generationOf(one.revision, one.restarts);
      const { stable, fallback, failed, progress } = decisions.rollouts(service);
      const isOpen = stable?.generation !== generation && !failed.has(generation);
      const known = progress?.generation === generation ? progress : undefined;
      const step = known?.step ?? 0;
      const total = one.isRollback ? 0 : shiftSteps(one.spec.rollout).length;
      const record = decisions.record;
      switch (action) {
        case 'pause':
          if (!isOpen) throw nothingOpen(service);
          record({ kind: 'paused', service, generation }, clock.now());
          break;
        case 'resume':
          if (!isOpen) throw nothingOpen(service);
          if (known?.paused) record({ kind: 'resumed', service, generation }, clock.now());
          else if (step < total)
            record({ kind: 'advanced', service, generation, step: step + 1, why: BY_HAND }, clock.now());
          else throw new ApiError('conflict', `the rollout of ${service} is not paused`);
          break;
        case 'promote':
          if (!isOpen) throw nothingOpen(service);
          if (total === 0)
            throw new ApiError('conflict', `${service} has no steps to skip: traffic moves with its instances`);
          record({ kind: 'advanced', service, generation, step: total, why: BY_HAND }, clock.now());
          break;
        case 'abort': {
          const isBaking = stable?.generation === generation && fallback !== undefined;
          if (!isOpen && !isBaking) throw nothingOpen(service);
          if (stable === undefined)
            throw new ApiError('conflict', `${service} has nothing to go back to`, { hint: 'islet down stops it' });
          const failure = { step: 'rollout', reason: 'was aborted by hand', at: clock.now(), log: [] };
          record({ kind: 'failed', service, generation, failure }, clock.now());
          break;
        }
      }
      // Nothing else is asked for, but whoever asked can tell a status from before by its number.
      return change(service, () => ({}), `rollout ${action} ${service}`);
    },

    rollback: async ({ params: { service = '' }, body: { revision } }) => {
      const { look } = await lookOnce(system);
      // From here on nothing is waited for: another revision may have been asked for during the look.
      const one = wanted(service);
      const rollouts = decisions.rollouts(service);
      const target = rollbackTo({ one, asked: revision, rollouts, seen: seenOf(service, look.observed) });
      const launched = applied.launch(service, target.revision);
      if (launched === undefined) throw new ApiError('not-found', `revision ${short(target.revision)} is not known`);
      const spec = onItsStore(launched, one.spec);
      const { revision: id, restarts } = target;
      const text = `rollback ${service} ${short(id)}`;
      return change(
        service,
        ({ after }) => ({
          // How many there are of it is no part of a revision: what it needs now it needs with the older bytes too.
          spec: spec.api.port === undefined ? { ...spec, scale: one.spec.scale } : spec,
          revision: id,
          restarts,
          isRollback: true,
          wentBackFrom: one.revision,
          leftBehind: leftBehind(one, id),
          blocked: [],
          since: clock.now(),
          after: after.filter((name) => spec.uses.includes(name)),
        }),
        text,
      );
    },
  };
}

/** Why traffic was moved on. */
export const BY_HAND = 'was asked to by hand';

/** How to ask for a new revision while it comes in. */
function previewText({ api, rollout: { preview } }: LaunchSpec, applied: Applied | undefined): string | undefined {
  if (preview === undefined) return undefined;
  const { kind, name, value } = preview;
  if (kind === 'header') return `header ${name}${value === undefined ? '' : `: ${value}`}`;
  if (kind === 'cookie') return `cookie ${name}${value === undefined ? '' : `=${value}`}`;
  return applied && `${gatewayUrl(applied, name)}${api.expose[0]?.path ?? '/'}`;
}

function nothingOpen(service: string): ApiError {
  return new ApiError('conflict', `no rollout of ${service} is under way`, { hint: `islet rollout status ${service}` });
}

function rolloutStatus(
  { spec }: AppliedService,
  present: PresentService,
  { state, why }: Status,
  { redact }: System,
  seen: ReturnType<typeof seenOf>,
): Omit<RolloutStatus, 'history'> {
  const { generation, revision, rollout } = present;
  const progress = seen.progress?.generation === generation ? seen.progress : undefined;
  const until = bakesUntil(present, seen);
  const isOpen = seen.stable?.generation !== generation && seen.failed[generation] === undefined;
  return {
    service: spec.name,
    state,
    why: redact(why),
    strategy: spec.rollout.strategy,
    wanted: short(revision),
    ...(seen.stable === undefined ? {} : { stable: short(seen.stable.revision) }),
    ...(seen.fallback === undefined ? {} : { fallback: short(seen.fallback.revision) }),
    ...(isOpen && rollout.steps.length > 0
      ? { step: progress?.step ?? 0, steps: [...rollout.steps.map(({ percent }) => percent), 100] }
      : {}),
    ...(seen.evidence === undefined ? {} : { evidence: seen.evidence.summary }),
    ...(until === undefined ? {} : { bakesUntil: until }),
  };
}
