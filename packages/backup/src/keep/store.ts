import type { CallOptions, LogPosition } from '@islet/driver';
import { type EraRecord, ensureEra } from '../era.ts';
import type { EraId } from '../names.ts';
import type { Vault } from '../vault.ts';
import type { KeepParts, StoreOrder, StoreTold } from './order.ts';

/** One store that is being backed up: what those who follow its log and those who copy it know of each other. */
export class KeptStore {
  readonly order: StoreOrder;
  readonly parts: KeepParts;
  readonly vault: Vault;
  #told: StoreTold;
  #askedAt: number | undefined;
  #reached: { readonly era: EraId; readonly to: LogPosition } | undefined;
  /** The engine has let go of what would have come next. */
  #isLost = false;
  #era: Promise<unknown> = Promise.resolve();
  readonly #waiting = new Set<() => void>();

  constructor(order: StoreOrder, parts: KeepParts, vault: Vault) {
    this.order = order;
    this.parts = parts;
    this.vault = vault;
    this.#askedAt = order.askedAt;
    this.#told = {
      service: order.service,
      log: parts.reader.follow ? { kind: 'waiting', since: parts.now(), why: 'begins' } : { kind: 'none' },
      copy: { kind: 'waiting', nextAt: parts.now() },
      last: undefined,
      restorable: undefined,
      bytes: 0,
    };
  }

  get askedAt(): number | undefined {
    return this.#askedAt;
  }

  get isLost(): boolean {
    return this.#isLost;
  }

  get reached(): { readonly era: EraId; readonly to: LogPosition } | undefined {
    return this.#reached;
  }

  /** The era of the store as it is now. Whoever copies and whoever follows must not begin one each. */
  era(options: CallOptions): Promise<{ readonly era: EraId; readonly record: EraRecord }> {
    const next = this.#era
      .catch(() => {})
      .then(async () => {
        const { source } = this.order;
        const record = { engine: source.engine, identity: await this.parts.reader.identity(source, options) };
        return { era: await ensureEra(this.vault, { record, now: this.parts.now() }, options), record };
      });
    this.#era = next;
    return next;
  }

  tell(news: Partial<StoreTold>): void {
    this.#told = { ...this.#told, ...news };
    this.parts.tell(this.#told);
  }

  ask(at: number | undefined): void {
    if (at === this.#askedAt) return;
    this.#askedAt = at;
    this.#wake();
  }

  lose(): void {
    this.#isLost = true;
    this.#wake();
  }

  /** The log is stored up to there. */
  reach(era: EraId, to: LogPosition): void {
    const isNew = this.#reached?.era !== era || this.#isLost;
    this.#isLost = false;
    this.#reached = { era, to };
    // A new era, or a log that begins anew, needs a copy.
    if (isNew) this.#wake();
  }

  /** Until something happened that those who wait should look at, and for this long at most. */
  async sleep(ms: number, { signal }: CallOptions): Promise<void> {
    const woken = new AbortController();
    const wake = () => woken.abort();
    this.#waiting.add(wake);
    try {
      await this.parts.pause(ms, { signal: AbortSignal.any([signal, woken.signal]) }).catch(() => {});
    } finally {
      this.#waiting.delete(wake);
    }
    signal.throwIfAborted();
  }

  #wake(): void {
    for (const wake of this.#waiting) wake();
  }
}
