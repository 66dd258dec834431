import type { SloSpec } from './slo-model.ts';

/** How other systems get at the telemetry of this one. */
export interface SystemTelemetrySpec {
  /** Undefined: no Prometheus is answered. */
  readonly prometheus: { readonly port: number } | undefined;
}

/** How a service's telemetry is taken and kept, and what is promised of it. */
export interface TelemetrySpec {
  readonly logs: { readonly keepMs: number };
  readonly traces: {
    readonly keepMs: number;
    /** Ordinary traces that are kept in each second; errors, slow ones and what was decided are kept beside them. */
    readonly sample: number;
    /** From here on a trace is slow. */
    readonly slowMs: number;
  };
  readonly metrics: { readonly keepMs: number };
  /** All of it together; the oldest goes first. */
  readonly maxDiskBytes: number;
  /** By its runtime, without a change to it. */
  readonly instrument: boolean;
  /** Empty: nothing is promised. */
  readonly slo: readonly SloSpec[];
}
