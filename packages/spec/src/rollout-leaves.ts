import { type Leaf, leaves } from './leaf.ts';
import type { Path } from './located.ts';
import type { CheckSpec, RolloutSpec, RolloutStep } from './model.ts';
import { durationText } from './quantities.ts';

/** Every value that has an effect with the strategy chosen. */
export function rolloutLeaves(rollout: RolloutSpec): readonly Leaf[] {
  const { strategy, maxSurge, maxUnavailable, holdMs, preview, analysis } = rollout;
  const section = ['rollout'];
  return [
    ...leaves(section, {
      strategy,
      maxSurge,
      maxUnavailable,
      minHealthy: durationText(rollout.minHealthyMs),
      healthyDeadline: durationText(rollout.healthyDeadlineMs),
      bake: durationText(rollout.bakeMs),
      requires: rollout.requires.length === 0 ? undefined : rollout.requires.join(', '),
    }),
    ...(strategy === 'canary'
      ? leaves(section, {
          steps: rollout.steps.map((step) => stepText(step, holdMs)),
          hold: durationText(holdMs),
          mirror: `${rollout.mirrorPercent}%`,
        })
      : []),
    ...(strategy === 'blue-green'
      ? leaves(section, { hold: durationText(holdMs), autoPromote: rollout.autoPromote })
      : []),
    ...(preview === undefined
      ? []
      : leaves([...section, 'preview'], { [preview.kind]: preview.name, value: preview.value })),
    ...(analysis === undefined
      ? leaves(section, { analysis: 'off' })
      : leaves([...section, 'analysis'], {
          success: `${analysis.successPercent}%`,
          p99: durationText(analysis.p99Ms),
          requests: analysis.requests,
          tooFew: analysis.tooFew,
          memory: analysis.memoryPercent === undefined ? 'off' : `${analysis.memoryPercent}%`,
        })),
    ...(analysis?.checks ?? []).flatMap((check, index) =>
      checkLeaves([...section, 'analysis', 'checks', index], check),
    ),
  ];
}

function checkLeaves(section: Path, check: CheckSpec): readonly Leaf[] {
  switch (check.kind) {
    case 'http':
      return leaves(section, { http: check.path });
    case 'command':
      return leaves(section, { command: check.command });
    case 'sql':
      return leaves(section, { sql: check.query });
  }
}

function stepText({ percent, holdMs, byHand }: RolloutStep, commonMs: number): string {
  return `${percent}%${holdMs === commonMs ? '' : ` ${durationText(holdMs)}`}${byHand ? ' by hand' : ''}`;
}
