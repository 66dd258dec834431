import type { Server } from './server.ts';

/** A proxy that can stand between the load and the service. */
export interface Contender {
  /** With its version. */
  readonly name: string;
  /** What it does beside passing bytes on, in this set-up: two proxies that do different work are not the same. */
  readonly features: string;
  /** Starts it on the proxy's core; it passes every path on to the backend. */
  start(rig: Rig): Promise<Server>;
}

export interface Rig {
  /** Where it may keep files; its own. */
  readonly folder: string;
  readonly backendPort: number;
  readonly signal: AbortSignal;
}
