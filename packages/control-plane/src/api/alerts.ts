import { ApiError, type Slo } from '@islet/client';
import { SLO_WINDOW_MS } from '@islet/policy';
import { toldAlert } from '../alerts/message.ts';
import type { Sentinel } from '../alerts/sentinel.ts';
import type { JudgedObjective } from '../alerts/slo-keeper.ts';
import type { Clock } from '../clock.ts';
import { liveAlerts, merged } from './live-alerts.ts';
import type { Handlers } from './server.ts';

/** Objectives and alerts are the control plane's own: they hold also where telemetry is not gathered, or is away. */
export function alertHandlers(
  sentinel: Sentinel | undefined,
  { clock, live }: { readonly clock: Clock; readonly live: Handlers['live'] },
): Pick<Handlers, 'slos' | 'alerts' | 'markAlert' | 'live'> {
  const watching = (): Sentinel => {
    if (sentinel !== undefined) return sentinel;
    throw new ApiError('unavailable', 'nobody watches for alerts here', { hint: 'islet up' });
  };
  return {
    slos: () => watching().slos().map(toldSlo),
    alerts: () => watching().alerts().map(toldAlert),
    live: (request) => {
      const kinds = (request.query.kinds ?? 'overview,edges,annotations,alerts').split(',');
      if (!kinds.includes('alerts') || sentinel === undefined) return live(request);
      const alerts = liveAlerts(sentinel, clock, request.signal);
      return kinds.length === 1 ? alerts : merged(alerts, live(request));
    },
    markAlert: ({ params: { id = '' }, body }) => toldAlert(mark(watching(), { id, ...body, now: clock.now() })),
  };
}

interface Mark {
  readonly id: string;
  readonly acknowledge?: boolean | undefined;
  readonly silenceUntil?: number | undefined;
  readonly now: number;
}

function mark(sentinel: Sentinel, { id, acknowledge, silenceUntil, now }: Mark) {
  if ((acknowledge === undefined) === (silenceUntil === undefined)) {
    throw new ApiError('bad-request', 'one of acknowledge and silenceUntil is expected');
  }
  if (silenceUntil !== undefined && silenceUntil <= now) {
    throw new ApiError('bad-request', 'an alert can be silenced until an instant that is still to come only');
  }
  const state =
    silenceUntil !== undefined
      ? ({ kind: 'silenced', until: silenceUntil } as const)
      : acknowledge
        ? ({ kind: 'acknowledged', at: now } as const)
        : ({ kind: 'firing', toldAt: now } as const);
  const marked = sentinel.mark(id, state);
  if (marked !== undefined) return marked;
  const isOver = sentinel.alerts().some((alert) => alert.id === id);
  throw isOver
    ? new ApiError('conflict', `the alert ${id} is over`)
    : new ApiError('not-found', `there is no alert ${id}`, { hint: 'islet alerts' });
}

function toldSlo({ objective, verdict }: JudgedObjective): Slo {
  const { slo, service, percent } = objective;
  const { good, bad, budgetLeft, burns } = verdict;
  return {
    service,
    name: slo.kind,
    objective: percent,
    windowMs: SLO_WINDOW_MS,
    ...(slo.kind === 'latency' ? { withinMs: slo.withinMs } : {}),
    good,
    total: good + bad,
    budgetLeft,
    burn: burns.map(({ rule, rate, shortRate, firing }) => ({
      window: rule.window,
      rate,
      shortRate,
      threshold: rule.threshold,
      severity: rule.severity,
      firing,
    })),
  };
}
