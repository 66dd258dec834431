import {
  addOutcomes,
  type Condition,
  judgeSlo,
  type OutcomeSeries,
  type Severity,
  SLO_WINDOW_MS,
  type SloVerdict,
  thinned,
} from '@islet/policy';
import type { EdgeCounters } from '../scale/load.ts';
import type { AlertStore } from './database.ts';
import { type Objective, outcomesSince, type Reading, readingOf } from './objectives.ts';

export const SLO_RULE = 'slo';
/** What is not yet written is counted again from the proxy's counters, unless the proxy ends too. */
const KEEP_MS = 60_000;

export interface JudgedObjective {
  readonly objective: Objective;
  readonly verdict: SloVerdict;
}

/** Counts what each objective is about, for 30 days, also over the ends of control planes and proxies. */
export interface SloKeeper {
  /** Looks at the proxy's counters. */
  read(objectives: readonly Objective[], edges: readonly EdgeCounters[], now: number): void;
  judge(objectives: readonly Objective[], now: number): readonly JudgedObjective[];
}

export function createSloKeeper(store: Pick<AlertStore, 'series' | 'readings' | 'keep'>): SloKeeper {
  const entries = new Map<string, { series: OutcomeSeries; kept: OutcomeSeries }>();
  const readings = new Map<string, Reading>(Object.entries(store.readings()));
  let keptAt = Number.NEGATIVE_INFINITY;

  const entryOf = ({ service, key }: Objective) => {
    const id = idOf({ service, key });
    const known = entries.get(id);
    if (known !== undefined) return known;
    const series = store.series(service, key);
    const loaded = { series, kept: series };
    entries.set(id, loaded);
    return loaded;
  };
  const keep = (objectives: readonly Objective[], now: number) => {
    const changes = objectives.map((objective) => {
      const { service, key } = objective;
      const entry = entryOf(objective);
      entry.series = thinned(entry.series, now);
      const [before, after] = [new Set(entry.kept), new Set(entry.series)];
      const changed = {
        added: entry.series.filter((point) => !before.has(point)),
        removed: entry.kept.filter((point) => !after.has(point)),
      };
      return { service, key, entry, ...changed };
    });
    store.keep(changes, Object.fromEntries(readings));
    for (const { entry } of changes) entry.kept = entry.series;
    keptAt = now;
  };

  return {
    read: (objectives, edges, now) => {
      for (const objective of objectives) {
        const id = idOf(objective);
        const reading = readingOf(objective, edges);
        const entry = entryOf(objective);
        entry.series = addOutcomes(entry.series, outcomesSince(readings.get(id), reading), now);
        readings.set(id, reading);
      }
      const wanted = new Set(objectives.map(idOf));
      for (const id of readings.keys()) if (!wanted.has(id)) readings.delete(id);
      if (now - keptAt >= KEEP_MS || now < keptAt) keep(objectives, now);
    },
    judge: (objectives, now) =>
      objectives.map((objective) => ({
        objective,
        verdict: judgeSlo(entryOf(objective).series, objective.percent, now),
      })),
  };
}

function idOf({ service, key }: Pick<Objective, 'service' | 'key'>): string {
  return `${service} ${key}`;
}

/** One condition for each objective whose budget is being spent too fast. */
export function sloConditions(judged: readonly JudgedObjective[]): readonly Condition[] {
  return judged.flatMap(({ objective, verdict }) => {
    const firing = verdict.burns.filter((burn) => burn.firing);
    const [worst] = firing;
    if (worst === undefined) return [];
    const { service } = objective;
    const { outcomes, rate, rule } = worst;
    const severity: Severity = firing.some((burn) => burn.rule.severity === 'page') ? 'page' : 'ticket';
    const total = outcomes.good + outcomes.bad;
    const left = budgetText(verdict.budgetLeft);
    return [
      {
        rule: SLO_RULE,
        service,
        part: objective.key,
        severity,
        summary: `${service} ${objective.slo.kind === 'latency' ? 'is too slow' : 'fails too many requests'}`,
        why:
          `${outcomes.bad} of ${total} requests ${failedText(objective)} in ${rule.window}: ` +
          `${rate.toFixed(1)} times what ${objective.percent} % allow, from ${rule.threshold} on; ${left}`,
        help: `islet errors ${service}; islet traces ${service} --status error; what changed: islet decisions ${service}`,
      },
    ];
  });
}

function failedText({ slo }: Objective): string {
  return slo.kind === 'latency' ? `took longer than ${slo.withinMs} ms` : 'failed';
}

function budgetText(left: number): string {
  const budget = `the budget of ${SLO_WINDOW_MS / 86_400_000} days`;
  return left >= 0
    ? `${Math.round(left * 100)} % of ${budget} is left`
    : `${budget} was spent ${(1 - left).toFixed(1)} times`;
}
