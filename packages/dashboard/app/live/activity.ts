import type { Alert, Annotation, EdgeActivity, LiveUpdate, ServiceActivity } from '@islet/client/browser';
import { share } from '../model/share.ts';
import { createCell, useCell } from './cell.ts';
import { type Connection, keepOpen } from './connection.ts';

/** What telemetry pushes. Undefined: not yet, or the telemetry process does not answer. */
export interface ActivityView {
  /** Of the newest push. */
  readonly at: number | undefined;
  readonly services: readonly ServiceActivity[] | undefined;
  readonly edges: readonly EdgeActivity[] | undefined;
  readonly edgesAt: number | undefined;
  readonly alerts: readonly Alert[] | undefined;
  /** The newest last. */
  readonly annotations: readonly Annotation[];
  readonly connection: Connection;
}

/** Rates and latencies are those of this time: long enough for a system with a request every few seconds. */
const WINDOW_MS = 120_000;
const KEPT_ANNOTATIONS = 200;

const activityView = createCell<ActivityView>({
  at: undefined,
  services: undefined,
  edges: undefined,
  edgesAt: undefined,
  alerts: undefined,
  annotations: [],
  connection: { kind: 'connecting' },
});

export function followActivity(): () => void {
  return keepOpen({
    name: 'live',
    input: { kinds: 'overview,edges,annotations,alerts', windowMs: WINDOW_MS },
    onValue: (update) => activityView.set(withUpdate(activityView.get(), update)),
    onConnection: (connection) => activityView.set(share(activityView.get(), { ...activityView.get(), connection })),
  });
}

function withUpdate(view: ActivityView, update: LiveUpdate): ActivityView {
  switch (update.kind) {
    case 'overview':
      return { ...view, at: update.at, services: share(view.services, update.services) };
    case 'edges':
      return { ...view, edges: share(view.edges, update.edges), edgesAt: update.at };
    case 'alerts':
      return { ...view, alerts: share(view.alerts, update.alerts) };
    case 'annotations': {
      const known = new Set(view.annotations.map(keyOf));
      const fresh = update.annotations.filter((one) => !known.has(keyOf(one)));
      return fresh.length === 0
        ? view
        : { ...view, annotations: [...view.annotations, ...fresh].slice(-KEPT_ANNOTATIONS) };
    }
  }
}

function keyOf({ at, service, kind, text }: Annotation): string {
  return `${at} ${service} ${kind} ${text}`;
}

export function useActivity<S>(select: (view: ActivityView) => S): S {
  return useCell(activityView, select);
}
