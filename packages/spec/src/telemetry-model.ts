import type { TextOrSecret } from './alerts-model.ts';
import type { SloSpec } from './slo-model.ts';

export const FORWARD_SIGNALS = ['traces', 'logs', 'metrics'] as const;
export type ForwardSignal = (typeof FORWARD_SIGNALS)[number];

/** How other systems get at the telemetry of this one. */
export interface SystemTelemetrySpec {
  /** Undefined: no Prometheus is answered. */
  readonly prometheus: { readonly port: number } | undefined;
  /** Absent: an older Islet was asked, which forwards nothing. */
  readonly forward?: readonly ForwardSpec[];
  /**
   * What holds where no service's file says otherwise: of the machine, the gateway, and Islet itself. Absent: an older
   * Islet was asked.
   */
  readonly services?: TelemetrySpec;
}

/** A backend that speaks OTLP, and gets a copy. */
export interface ForwardSpec {
  readonly url: string;
  readonly protocol: 'http' | 'grpc';
  readonly headers: Readonly<Record<string, TextOrSecret>>;
  readonly signals: readonly ForwardSignal[];
  readonly compression: 'gzip' | 'none';
  readonly timeoutMs: number;
  /** On the disk, of each signal. Absent: an older Islet was asked. */
  readonly queueBytes?: number;
  /** A file of authorities in PEM, relative to the system's folder or absolute. Absent: those that everybody trusts. */
  readonly ca?: string;
}

/** How a service's telemetry is taken and kept, and what is promised of it. */
export interface TelemetrySpec {
  readonly logs: {
    readonly keepMs: number;
    /** What is printed for a request says of which trace it is. Absent: an older Islet was asked, and it does. */
    readonly correlate?: boolean;
  };
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
  /** Which of its signals go to the backends that the system names. Absent: an older Islet was asked, and all do. */
  readonly forward?: readonly ForwardSignal[];
  /** Empty: nothing is promised. */
  readonly slo: readonly SloSpec[];
}
