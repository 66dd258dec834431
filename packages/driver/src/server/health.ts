import type { ProcessState } from '@islet/supervise';
import type { Readiness, Waiting } from './ready.ts';
import type { ServerRecord, Started } from './record.ts';

export type RunningState = Extract<ProcessState, { kind: 'running' }>;

export interface HealthParts<R extends ServerRecord> {
  readonly running: (service: string) => RunningState | undefined;
  /** Waits until it lets its service in. */
  readonly untilReady: (record: Started<R>, waiting: Pick<Waiting, 'isAlive' | 'signal'>) => Promise<Readiness>;
  readonly onChange: () => void;
}

/** `incomplete`: it runs, and does not know its service. */
export type Verdict = 'checking' | 'ready' | 'incomplete';

/**
 * What is known of each running server, without asking it on every turn: once it has let its service in, it is ready
 * for as long as that process lives. A server that this process has not seen start (it was adopted) is tried in the
 * background, and is starting until then.
 */
export class Health<R extends ServerRecord> {
  readonly #parts: HealthParts<R>;
  readonly #known = new Map<string, Known>();
  readonly #checks = new Set<Promise<void>>();
  readonly #closing = new AbortController();

  constructor(parts: HealthParts<R>) {
    this.#parts = parts;
  }

  isReady(service: string): boolean {
    return this.#verdict(service) === 'ready';
  }

  setReady(service: string): void {
    const process = this.#parts.running(service);
    if (process) this.#known.set(service, { process, verdict: 'ready' });
  }

  /** Of one that runs. One of whom nothing is known is asked from now on. */
  look(record: Started<R>): Verdict {
    const known = this.#verdict(record.service);
    const process = this.#parts.running(record.service);
    if (known === undefined && process !== undefined) this.#check(record, process);
    return known ?? 'checking';
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await Promise.all(this.#checks);
  }

  #verdict(service: string): Verdict | undefined {
    const known = this.#known.get(service);
    const process = this.#parts.running(service);
    return known && process && isSame(known.process, process) ? known.verdict : undefined;
  }

  #check(record: Started<R>, process: RunningState): void {
    const { service } = record;
    const begun: Known = { process, verdict: 'checking' };
    this.#known.set(service, begun);
    const isAlive = () => {
      const now = this.#parts.running(service);
      return now !== undefined && isSame(now, process);
    };
    const check = this.#parts
      .untilReady(record, { isAlive, signal: this.#closing.signal })
      .then((readiness) => {
        if (!isAlive() || this.#known.get(service) !== begun) return;
        this.#known.set(service, { process, verdict: readiness === 'ready' ? 'ready' : 'incomplete' });
      })
      // It takes longer than it may, or this driver is closed: the next look checks again.
      .catch(() => {
        if (this.#known.get(service) === begun) this.#known.delete(service);
      })
      .then(() => {
        this.#checks.delete(check);
        this.#parts.onChange();
      });
    this.#checks.add(check);
  }
}

interface Known {
  readonly process: RunningState;
  readonly verdict: Verdict;
}

function isSame(left: RunningState, right: RunningState): boolean {
  return left.pid === right.pid && left.startedAt === right.startedAt;
}
