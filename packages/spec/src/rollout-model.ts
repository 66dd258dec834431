/** Names and values: Kubernetes Deployment `RollingUpdate`, Nomad `update`, Argo Rollouts and Flagger for canaries. */
export interface RolloutSpec {
  readonly strategy: 'rolling' | 'canary' | 'blue-green' | 'recreate';
  /**
   * What must hold before a new revision comes in. `backup`: its data is being backed up, in time. `drill`: the last
   * restore drill of it passed, and is not late.
   */
  readonly requires: readonly ('backup' | 'drill')[];
  readonly maxSurge: number;
  readonly maxUnavailable: number;
  /** A new instance must have been ready for this long before an old one is drained for it. */
  readonly minHealthyMs: number;
  /** A revision with no ready instance after this long has failed. */
  readonly healthyDeadlineMs: number;
  /** After all traffic has moved, so long the new revision is watched and the old one kept warm. */
  readonly bakeMs: number;
  /** Of a canary; its shares rise. Empty with any other strategy. */
  readonly steps: readonly RolloutStep[];
  /** Of each step that names none of its own, and of a blue-green rollout's preview. */
  readonly holdMs: number;
  /**
   * Of a canary: of the safe requests, in hundredths, so many are copied to it before its first step; 0: no such step.
   */
  readonly mirrorPercent: number;
  /** Of a blue-green rollout: it goes on by itself. */
  readonly autoPromote: boolean;
  readonly preview: PreviewSpec | undefined;
  /** Undefined: a revision is judged by its instances alone: whether they get ready, and stay alive. */
  readonly analysis: AnalysisSpec | undefined;
}

export interface RolloutStep {
  /** Of the requests, in hundredths; from 1 to 99. */
  readonly percent: number;
  readonly holdMs: number;
  /** It ends only when a person says so. */
  readonly byHand: boolean;
}

/** Requests that go to the new revision whatever its share. The name of a header or a host is lower case. */
export interface PreviewSpec {
  readonly kind: 'header' | 'cookie' | 'host';
  readonly name: string;
  /** Undefined: any. */
  readonly value: string | undefined;
}

export interface AnalysisSpec {
  /** Of its requests, in hundredths, so many must succeed. */
  readonly successPercent: number;
  /** One in a hundred may take longer. */
  readonly p99Ms: number;
  /** That a step wants before the next is taken. */
  readonly requests: number;
  readonly tooFew: 'continue' | 'pause';
  /** Where its memory grows, in hundredths of the revision before's; undefined: it may grow. */
  readonly memoryPercent: number | undefined;
  /** What else must hold while a new revision comes in and bakes; each fails it when it fails twice in a row. */
  readonly checks: readonly CheckSpec[];
}

/** Asked of an instance of the new revision, or of the service's own store. */
export type CheckSpec =
  /** The answer is 2xx or 3xx. */
  | { readonly kind: 'http'; readonly path: string }
  /** It exits with 0. Run as the instance would run it. */
  | { readonly kind: 'command'; readonly command: string }
  /** The first value of the first row is true, or a number other than 0. Changes nothing. */
  | { readonly kind: 'sql'; readonly query: string };
