import type { Supervisor } from '@islet/supervise';
import type { Layout } from '../layout.ts';

/** What a driver is given that keeps a server for each service. */
export interface ServerOptions {
  readonly layout: Layout;
  /** The system's id. */
  readonly system: string;
  readonly supervisor: Supervisor;
  readonly ports: Ports;
  readonly log: Log;
  /** Where the machine's own programs are: folders, with ":" between them. */
  readonly path: string;
}

/** Hands out ports of 127.0.0.1, outside of the ephemeral range. */
export interface Ports {
  /** The port kept for this name; another one where a stranger listens on it. */
  take(name: string): Promise<number>;
}

export interface Log {
  info(fields: Readonly<Record<string, unknown>>, message: string): void;
  warn(fields: Readonly<Record<string, unknown>>, message: string): void;
}
