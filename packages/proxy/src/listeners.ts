import type { Listener } from '@islet/policy';
import { ListenerRules } from './client/rules.ts';
import { LIMITS } from './limits.ts';
import { type ListenOptions, listenerKey, OpenListener } from './listen.ts';
import type { Runtime } from './runtime.ts';
import type { Registry } from './upstream/registry.ts';

export interface ListenersOptions extends ListenOptions {
  readonly runtime: Runtime;
  readonly registry: Registry;
}

/** All listeners. A new table opens and closes only what differs; what can't be opened is tried again each second. */
export class Listeners {
  readonly #options: ListenersOptions;
  readonly #retry: NodeJS.Timeout;
  #open: ReadonlyMap<string, OpenListener> = new Map();
  #closed = false;

  constructor(options: ListenersOptions) {
    this.#options = options;
    this.#retry = setInterval(() => void this.openMissing(), LIMITS.rebindMs);
  }

  get problems(): readonly string[] {
    return [...this.#open.values()].flatMap(({ problems }) => problems);
  }

  /** Returns when every listener of the table is open, or has a problem. */
  async apply(listeners: readonly Listener[]): Promise<void> {
    const wanted = new Map<string, OpenListener>();
    for (const listener of listeners) wanted.set(listenerKey(listener), await this.#keepOrMake(listener));
    for (const [key, open] of this.#open) if (!wanted.has(key)) open.close({ graceMs: LIMITS.goodbyeMs });
    this.#open = wanted;
    await this.openMissing();
  }

  /** Of those that are open and can be shared. */
  get openKeys(): readonly string[] {
    return [...this.#open].flatMap(([key, it]) => (it.isOpen && it.isShareable ? key : []));
  }

  /** Opens all ports anew, as they are shared now. */
  async reopen(): Promise<void> {
    await Promise.all([...this.#open.values()].map((open) => open.reopen()));
  }

  /** Tries those again that are not open. */
  async openMissing(): Promise<void> {
    if (!this.#closed) await Promise.all([...this.#open.values()].map((listener) => listener.open()));
  }

  close(how: { readonly graceMs: number }): void {
    this.#closed = true;
    clearInterval(this.#retry);
    for (const open of this.#open.values()) open.close(how);
  }

  get connections(): number {
    return [...this.#open.values()].reduce((sum, { connections }) => sum + connections, 0);
  }

  destroyAll(): void {
    for (const open of this.#open.values()) open.destroyAll();
  }

  async #keepOrMake(listener: Listener): Promise<OpenListener> {
    const { registry, runtime } = this.#options;
    const rules = new ListenerRules(listener, registry, runtime.stats);
    const open = this.#open.get(listenerKey(listener)) ?? new OpenListener(listener, rules, this.#options);
    await open.follow(rules);
    return open;
  }
}
