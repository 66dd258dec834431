import type { StoreObservation } from '@islet/driver';
import type { Supervisor } from '@islet/supervise';
import { DEFAULT_LIMITS } from './fit.ts';
import { LIMITS } from './options.ts';
import { type RunningState, runningServer, untilReady } from './server.ts';
import { type Started, serviceConfig } from './store.ts';

/**
 * What is known of each running server, without asking it on every turn: once it has let its service in, it is ready for
 * as long as that process lives. A server that this process has not seen start (it was adopted) is tried in the
 * background, and is starting until then.
 */
export class Health {
  readonly #supervisor: Supervisor;
  readonly #onChange: () => void;
  readonly #known = new Map<string, Known>();
  readonly #checks = new Set<Promise<void>>();
  readonly #closing = new AbortController();

  constructor(supervisor: Supervisor, onChange: () => void) {
    this.#supervisor = supervisor;
    this.#onChange = onChange;
  }

  isReady(service: string): boolean {
    return this.#verdict(service) === 'ready';
  }

  setReady(service: string): void {
    const process = runningServer(this.#supervisor, service);
    if (process) this.#known.set(service, { process, verdict: 'ready' });
  }

  /** Of one that runs. */
  observe(credentials: Started): StoreObservation {
    const { service, port, replaced, settings, limits = DEFAULT_LIMITS } = credentials;
    const process = runningServer(this.#supervisor, service);
    if (!process) return { kind: 'stopped', how: undefined };
    switch (this.#verdict(service)) {
      case 'ready':
        return {
          kind: 'ready',
          pid: process.pid,
          port,
          limits,
          ...(replaced && { replacedAt: replaced.at }),
          ...(settings && { settings }),
        };
      case 'incomplete':
        return { kind: 'stopped', how: 'it was not provisioned to the end' };
      case 'checking':
        return { kind: 'starting' };
      case undefined:
        this.#check(credentials, process);
        return { kind: 'starting' };
    }
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await Promise.all(this.#checks);
  }

  #verdict(service: string): Known['verdict'] | undefined {
    const known = this.#known.get(service);
    const process = runningServer(this.#supervisor, service);
    return known && process && isSame(known.process, process) ? known.verdict : undefined;
  }

  #check(credentials: Started, process: RunningState): void {
    const { service } = credentials;
    this.#known.set(service, { process, verdict: 'checking' });
    const isAlive = () => {
      const now = runningServer(this.#supervisor, service);
      return now !== undefined && isSame(now, process);
    };
    const check = untilReady(serviceConfig(credentials), {
      isAlive,
      withinMs: LIMITS.readyMs,
      signal: this.#closing.signal,
    })
      .then((readiness) => {
        if (!isAlive() || this.#known.get(service)?.verdict !== 'checking') return;
        this.#known.set(service, { process, verdict: readiness === 'ready' ? 'ready' : 'incomplete' });
      })
      // It takes longer than it may, or this driver is closed: the next look checks again.
      .catch(() => void this.#known.delete(service))
      .then(() => {
        this.#checks.delete(check);
        this.#onChange();
      });
    this.#checks.add(check);
  }
}

interface Known {
  readonly process: RunningState;
  readonly verdict: 'checking' | 'ready' | 'incomplete';
}

function isSame(left: RunningState, right: RunningState): boolean {
  return left.pid === right.pid && left.startedAt === right.startedAt;
}
