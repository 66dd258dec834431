import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Backend, startBackend } from './backend.ts';
import { caddy } from './caddy.ts';
import { type Certificate, selfSigned } from './certificate.ts';
import type { Contender, Spoken } from './contender.ts';
import { grpcRelay } from './grpc-relay.ts';
import { haproxy } from './haproxy.ts';
import { nginx } from './nginx.ts';
import { nodePeers } from './node-peers.ts';
import type { Server } from './server.ts';

/** A backend, and proxies that are started before it one at a time. */
export class TrafficRig implements AsyncDisposable {
  readonly folder: string;
  readonly backend: Backend;
  readonly certificate: Certificate;
  /** The proxies that people use. */
  readonly native: readonly Contender[];
  /** Gateways and relays that are written for Node. */
  readonly node: readonly Contender[];
  readonly #signal: AbortSignal;
  #count = 0;

  private constructor(
    parts: Pick<TrafficRig, 'folder' | 'backend' | 'certificate' | 'native' | 'node'>,
    signal: AbortSignal,
  ) {
    this.folder = parts.folder;
    this.backend = parts.backend;
    this.certificate = parts.certificate;
    this.native = parts.native;
    this.node = parts.node;
    this.#signal = signal;
  }

  static async make(signal: AbortSignal): Promise<TrafficRig> {
    const folder = await mkdtemp(join(tmpdir(), 'islet-bench-traffic-'));
    try {
      const native = await Promise.all([haproxy(), nginx(), caddy()]);
      const node = [...(await nodePeers(folder, signal)), grpcRelay];
      const certificate = await selfSigned(folder, signal);
      const backend = await startBackend(folder, signal);
      return new TrafficRig({ folder, backend, certificate, native, node }, signal);
    } catch (error) {
      await rm(folder, { recursive: true, force: true });
      throw error;
    }
  }

  /** For what is compared with Islet itself. */
  static async withoutPeers(signal: AbortSignal): Promise<TrafficRig> {
    const folder = await mkdtemp(join(tmpdir(), 'islet-bench-traffic-'));
    try {
      const certificate = await selfSigned(folder, signal);
      const backend = await startBackend(folder, signal);
      return new TrafficRig({ folder, backend, certificate, native: [], node: [] }, signal);
    } catch (error) {
      await rm(folder, { recursive: true, force: true });
      throw error;
    }
  }

  /** Starts it in a folder of its own. */
  async start(contender: Contender, spoken: Spoken = 'plain'): Promise<Server> {
    this.#count += 1;
    const folder = join(this.folder, `run-${this.#count}`);
    await mkdir(folder);
    const { port: backendPort, grpcPort } = this.backend;
    const { certificate } = this;
    return await contender.start({ folder, backendPort, grpcPort, certificate, signal: this.#signal }, spoken);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.backend[Symbol.asyncDispose]();
    await rm(this.folder, { recursive: true, force: true });
  }
}
