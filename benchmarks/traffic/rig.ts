import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startBackend } from './backend.ts';
import type { Contender } from './contender.ts';
import { nativePeers } from './native-peers.ts';
import { nodePeers } from './node-peers.ts';
import type { Server } from './server.ts';

/** A backend, and proxies that are started before it one at a time. */
export class TrafficRig implements AsyncDisposable {
  readonly folder: string;
  readonly backend: Server;
  readonly native: readonly Contender[];
  readonly node: readonly Contender[];
  readonly #signal: AbortSignal;
  #count = 0;

  private constructor(parts: Pick<TrafficRig, 'folder' | 'backend' | 'native' | 'node'>, signal: AbortSignal) {
    this.folder = parts.folder;
    this.backend = parts.backend;
    this.native = parts.native;
    this.node = parts.node;
    this.#signal = signal;
  }

  static async make(signal: AbortSignal): Promise<TrafficRig> {
    const folder = await mkdtemp(join(tmpdir(), 'islet-bench-traffic-'));
    try {
      const native = await nativePeers();
      const node = await nodePeers(folder, signal);
      const backend = await startBackend(folder, signal);
      return new TrafficRig({ folder, backend, native, node }, signal);
    } catch (error) {
      await rm(folder, { recursive: true, force: true });
      throw error;
    }
  }

  /** For what is compared with Islet itself. */
  static async withoutPeers(signal: AbortSignal): Promise<TrafficRig> {
    const folder = await mkdtemp(join(tmpdir(), 'islet-bench-traffic-'));
    try {
      return new TrafficRig({ folder, backend: await startBackend(folder, signal), native: [], node: [] }, signal);
    } catch (error) {
      await rm(folder, { recursive: true, force: true });
      throw error;
    }
  }

  /** Starts it in a folder of its own. */
  async start(contender: Contender): Promise<Server> {
    this.#count += 1;
    const folder = join(this.folder, `run-${this.#count}`);
    await mkdir(folder);
    return await contender.start({ folder, backendPort: this.backend.port, signal: this.#signal });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.backend[Symbol.asyncDispose]();
    await rm(this.folder, { recursive: true, force: true });
  }
}
