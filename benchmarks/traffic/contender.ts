import type { Certificate } from './certificate.ts';
import type { Server } from './server.ts';

/** What is spoken with the proxy: HTTP/1.1; over TLS, HTTP/1.1 or HTTP/2 as the client likes; gRPC, without TLS on both sides. */
export type Spoken = 'plain' | 'tls' | 'grpc';

/** A proxy that can stand between the load and the service. */
export interface Contender {
  /** With its version. */
  readonly name: string;
  /** What it does beside passing bytes on, in this set-up: two proxies that do different work are not the same. */
  readonly features: string;
  readonly speaks: readonly Spoken[];
  /** It compiles as it runs, and is slower until it has. */
  readonly compiles: boolean;
  /** Starts it on the proxy's core; it passes every path on to the backend. */
  start(rig: Rig, spoken: Spoken): Promise<Server>;
}

export interface Rig {
  /** Where it may keep files; its own. */
  readonly folder: string;
  /** Where the service speaks HTTP/1.1, and where gRPC. */
  readonly backendPort: number;
  readonly grpcPort: number;
  readonly certificate: Certificate;
  readonly signal: AbortSignal;
}
