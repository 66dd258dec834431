import type { Supervisor } from '@islet/supervise';
import type { Started } from './records.ts';
import { runningServer, untilReady } from './server.ts';

/**
 * Which servers have let Islet in: for as long as that process lives, nobody need ask again. A server that this process has
 * not seen start (it was adopted) is tried in the background.
 */
export class Readiness {
  readonly #supervisor: Supervisor;
  readonly #onChange: () => void;
  /** The process that was ready, by service. */
  readonly #known = new Map<string, string>();
  readonly #checks = new Map<string, Promise<void>>();
  readonly #closing = new AbortController();

  constructor(supervisor: Supervisor, onChange: () => void) {
    this.#supervisor = supervisor;
    this.#onChange = onChange;
  }

  isReady(service: string): boolean {
    const process = runningServer(this.#supervisor, service);
    return process !== undefined && this.#known.get(service) === `${process.pid} ${process.startedAt}`;
  }

  setReady(service: string): void {
    const process = runningServer(this.#supervisor, service);
    if (process) this.#known.set(service, `${process.pid} ${process.startedAt}`);
  }

  check(started: Started): void {
    const { service } = started;
    if (this.#checks.has(service)) return;
    const isAlive = () => runningServer(this.#supervisor, service) !== undefined;
    const check = untilReady(started, { isAlive, signal: this.#closing.signal })
      .then((readiness) => {
        if (readiness === 'ready') this.setReady(service);
      })
      // It takes longer than it may, or this driver is closed: the next look checks again.
      .catch(() => {})
      .then(() => {
        this.#checks.delete(service);
        this.#onChange();
      });
    this.#checks.set(service, check);
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await Promise.all(this.#checks.values());
  }
}
