import type { ProcessState, Supervisor } from './model.ts';

/** A server that is kept for a service, and how it is known to be ready. */
export interface ReadinessParts<R extends { readonly service: string }> {
  /** What the supervisor knows a service's server by. */
  readonly processName: (service: string) => string;
  readonly untilReady: (record: R, waiting: Waiting) => Promise<ReadyOutcome>;
  readonly onChange: () => void;
}

export interface Waiting {
  readonly isAlive: () => boolean;
  readonly signal: AbortSignal;
}

/** `rejected`: it runs, and doesn't know us. */
export type ReadyOutcome = 'ready' | 'rejected' | 'ended';

/**
 * Which servers have let Islet in: for as long as that process lives, nobody need ask again. A server that this process has
 * not seen start (it was adopted) is tried in the background.
 */
export class Readiness<R extends { readonly service: string }> {
  readonly #supervisor: Supervisor;
  readonly #parts: ReadinessParts<R>;
  /** The process that was ready, by service. */
  readonly #known = new Map<string, string>();
  readonly #checks = new Map<string, Promise<void>>();
  readonly #closing = new AbortController();

  constructor(supervisor: Supervisor, parts: ReadinessParts<R>) {
    this.#supervisor = supervisor;
    this.#parts = parts;
  }

  isReady(service: string): boolean {
    const process = this.#running(service);
    return process !== undefined && this.#known.get(service) === `${process.pid} ${process.startedAt}`;
  }

  setReady(service: string): void {
    const process = this.#running(service);
    if (process) this.#known.set(service, `${process.pid} ${process.startedAt}`);
  }

  check(record: R): void {
    const { service } = record;
    if (this.#checks.has(service)) return;
    const isAlive = () => this.#running(service) !== undefined;
    const check = this.#parts
      .untilReady(record, { isAlive, signal: this.#closing.signal })
      .then((outcome) => {
        if (outcome === 'ready') this.setReady(service);
      })
      // It takes longer than it may, or this driver is closed: the next look checks again.
      .catch(() => {})
      .then(() => {
        this.#checks.delete(service);
        this.#parts.onChange();
      });
    this.#checks.set(service, check);
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await Promise.all(this.#checks.values());
  }

  #running(service: string): Extract<ProcessState, { kind: 'running' }> | undefined {
    const state = this.#supervisor.observe().get(this.#parts.processName(service));
    return state?.kind === 'running' ? state : undefined;
  }
}
