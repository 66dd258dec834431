import { freezeDeep } from './freeze.ts';
import type { AnalysisSpec, CheckSpec, PreviewSpec, RolloutSpec, RolloutStep } from './model.ts';
import { durationMs } from './quantities.ts';
import { type ParsedCheck, type ParsedRollout, rollout, SHIFT } from './schema/rollout.ts';
import type { ParsedService } from './schema/service.ts';

/** What a parsed rollout section means. A fixed port allows no second instance, so there the old one ends first. */
export function rolloutOf({ rollout, api, scale }: Rolled): RolloutSpec {
  const strategy = api.port === undefined ? rollout.strategy : 'recreate';
  const recreates = strategy === 'recreate';
  return {
    strategy,
    requires: rollout.requires,
    maxSurge: recreates ? 0 : rollout.maxSurge,
    maxUnavailable: recreates ? (scale.max ?? scale.min) : rollout.maxUnavailable,
    minHealthyMs: rollout.minHealthy,
    healthyDeadlineMs: rollout.healthyDeadline,
    bakeMs: rollout.bake,
    steps: strategy === 'canary' ? rollout.steps.map((text) => stepOf(text, rollout.hold)) : [],
    holdMs: rollout.hold,
    mirrorPercent: rollout.mirror,
    autoPromote: rollout.autoPromote,
    preview: previewOf(rollout.preview),
    analysis: analysisOf(rollout.analysis),
  };
}

interface Rolled {
  readonly rollout: ParsedRollout;
  readonly api: Pick<ParsedService['api'], 'port'>;
  readonly scale: Pick<ParsedService['scale'], 'min' | 'max'>;
}

/** Takes only what `SHIFT` matches. */
export function stepOf(text: string, holdMs: number): RolloutStep {
  const [, percent, own, , , byHand] = SHIFT.exec(text) ?? [];
  return {
    percent: Number(percent),
    holdMs: own === undefined ? holdMs : durationMs(own.trim()),
    byHand: byHand !== undefined,
  };
}

function previewOf(preview: ParsedRollout['preview']): PreviewSpec | undefined {
  if (preview === undefined) return undefined;
  const { header, cookie, host, value } = preview;
  if (header !== undefined) return { kind: 'header', name: header.toLowerCase(), value };
  if (host !== undefined) return { kind: 'host', name: host, value: undefined };
  return cookie === undefined ? undefined : { kind: 'cookie', name: cookie, value };
}

function analysisOf(analysis: ParsedRollout['analysis']): AnalysisSpec | undefined {
  if (analysis === 'off') return undefined;
  const { success, p99, requests, tooFew, memory, checks } = analysis;
  const judged = { successPercent: success, p99Ms: p99, requests, tooFew, memoryPercent: memory };
  return { ...judged, checks: checks.flatMap(checkOf) };
}

function checkOf({ http, command, sql }: ParsedCheck): CheckSpec[] {
  if (http !== undefined) return [{ kind: 'http', path: http }];
  if (command !== undefined) return [{ kind: 'command', command }];
  return sql === undefined ? [] : [{ kind: 'sql', query: sql }];
}

/** What a file that says nothing of rollouts means. */
export const DEFAULT_ROLLOUT: RolloutSpec = freezeDeep(
  rolloutOf({ rollout: rollout.parse(undefined), api: { port: undefined }, scale: { min: 1, max: undefined } }),
);
