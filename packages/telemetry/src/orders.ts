import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { ForwardSpec, TelemetrySpec } from '@islet/spec';

/**
 * What the control plane tells the telemetry process: by a file, so that this one goes on when that is dead, and finds all
 * that it must know when it comes back.
 */
export interface Orders {
  readonly system: string;
  readonly services: readonly { readonly name: string; readonly policy: TelemetrySpec }[];
  /** Of all that is no service. Absent: told by an older Islet. */
  readonly policy?: TelemetrySpec;
  /** Backends that get a copy; what their headers need of secrets lies sealed beside the orders. Absent: none do. */
  readonly forward?: readonly ForwardSpec[];
  /** Ports of the loopback for OpenTelemetry's agents. */
  readonly ports: { readonly http: number; readonly grpc: number };
  readonly paths: {
    /** Records of supervised processes. */
    readonly processes: string;
    /** Output of instances: `<service>/<instance>.log`. */
    readonly output: string;
    /** Logs of Islet's own processes: `<process>.log`. Absent: told by an older Islet. */
    readonly ownLogs?: string;
    /** The proxy's. */
    readonly accessLog: string;
    /** Folders of services, with the files of their revisions; absent: told by an older Islet. */
    readonly services?: string;
    /** The proxy's control API. */
    readonly proxySocket: string;
  };
}

export const telemetryFiles = {
  orders: (folder: string) => join(folder, 'orders.json'),
  /** With which the tokens of instances are made. */
  key: (folder: string) => join(folder, 'key'),
  store: (folder: string) => join(folder, 'store'),
  errors: (folder: string) => join(folder, 'errors.db'),
  /** What waits to be forwarded. */
  forward: (folder: string) => join(folder, 'forward'),
} as const;

/** The orders, read again when the file has changed. */
export class OrdersFile {
  readonly #path: string;
  #seen = '';
  #orders: Orders | undefined;

  constructor(folder: string) {
    this.#path = telemetryFiles.orders(folder);
  }

  /** Undefined: there are none yet. */
  read(): Orders | undefined {
    const stats = statSync(this.#path, { throwIfNoEntry: false });
    const seen = stats === undefined ? '' : `${stats.ino} ${stats.mtimeMs}`;
    if (stats === undefined || seen === this.#seen) return this.#orders;
    this.#orders = JSON.parse(readFileSync(this.#path, 'utf8')) as Orders;
    this.#seen = seen;
    return this.#orders;
  }
}
