import type { CacheSpec } from '@islet/spec';
import { LIMITS } from '../limits.ts';
import { CacheBudget } from './cache-budget.ts';
import type { CacheKey } from './cache-key.ts';
import { Changes } from './changes.ts';
import { Flights } from './flights.ts';
import type { CacheFields } from './request.ts';
import { isSelected, type Stored, sizeOf } from './stored.ts';

export type Found =
  | { readonly kind: 'stored'; readonly stored: Stored }
  | { readonly kind: 'nothing'; readonly fwd: 'uri-miss' | 'vary-miss' };

/** The stored responses of one service, the least recently used first; and who is asking for one that is not there. */
export class ServiceCache {
  /** What was asked for before the last change of its target may be what was to be forgotten. */
  readonly changes = new Changes();
  readonly flights = new Flights(this.changes);
  readonly #budget: CacheBudget;
  readonly #variants = new Map<string, readonly Stored[]>();
  readonly #keysOfTarget = new Map<string, Set<string>>();
  readonly #targetOfKey = new Map<string, string>();
  #bytes = 0;

  readonly #onChanged: (target: string) => void;

  /** `onChanged`: what is stored elsewhere of this target isn't true either. */
  constructor(budget: CacheBudget = new CacheBudget(), onChanged: (target: string) => void = () => undefined) {
    this.#budget = budget;
    this.#onChanged = onChanged;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get responses(): number {
    let count = 0;
    for (const variants of this.#variants.values()) count += variants.length;
    return count;
  }

  find({ text }: CacheKey, fields: CacheFields, isCurrent: (revision: string) => boolean): Found {
    const variants = this.#variants.get(text);
    if (variants === undefined) return { kind: 'nothing', fwd: 'uri-miss' };
    const stored = variants.find((variant) => isSelected(variant, fields) && isCurrent(variant.revision));
    if (stored === undefined) return { kind: 'nothing', fwd: 'vary-miss' };
    this.#variants.delete(text);
    this.#variants.set(text, variants);
    return { kind: 'stored', stored };
  }

  put(key: CacheKey, stored: Stored, { memoryBytes }: CacheSpec): void {
    const others = (this.#variants.get(key.text) ?? []).filter((it) => !isSameSelection(it, stored));
    this.#drop(key.text);
    this.#add(key, [stored, ...others].slice(0, LIMITS.cacheVariants));
    while (this.#bytes > memoryBytes && this.evict());
    this.#budget.keep();
  }

  /** What is stored of a target is no longer true: an unsafe request has changed it (RFC 9111, 4.4). */
  invalidate(target: string): void {
    this.forget(target);
    this.#onChanged(target);
  }

  forget(target: string): void {
    this.changes.note(target);
    for (const key of this.#keysOfTarget.get(target) ?? []) this.#drop(key);
  }

  /** Returns how many responses went: those that are meant, and what else is stored of the same request. */
  purge(meant: (target: string, stored: Stored) => boolean = () => true): number {
    this.changes.noteAll();
    const before = this.responses;
    for (const [key, variants] of [...this.#variants]) {
      const target = this.#targetOfKey.get(key) ?? '';
      if (variants.some((stored) => meant(target, stored))) this.#drop(key);
    }
    return before - this.responses;
  }

  /** Drops what was used least recently; returns whether there was anything. */
  evict(): boolean {
    for (const key of this.#variants.keys()) {
      this.#drop(key);
      return true;
    }
    return false;
  }

  #add({ text, target }: CacheKey, variants: readonly Stored[]): void {
    this.#variants.set(text, variants);
    this.#targetOfKey.set(text, target);
    const keys = this.#keysOfTarget.get(target) ?? new Set();
    this.#keysOfTarget.set(target, keys.add(text));
    this.#count(text, variants, 1);
  }

  #drop(text: string): void {
    const variants = this.#variants.get(text);
    if (variants === undefined) return;
    this.#variants.delete(text);
    const target = this.#targetOfKey.get(text) ?? '';
    this.#targetOfKey.delete(text);
    const keys = this.#keysOfTarget.get(target);
    keys?.delete(text);
    if (keys?.size === 0) this.#keysOfTarget.delete(target);
    this.#count(text, variants, -1);
  }

  #count(text: string, variants: readonly Stored[], sign: 1 | -1): void {
    for (const stored of variants) {
      const bytes = sign * sizeOf(stored, text);
      this.#bytes += bytes;
      this.#budget.add(this, bytes);
    }
  }
}

function isSameSelection(a: Stored, b: Stored): boolean {
  const names = (it: Stored) => JSON.stringify(it.selectedBy);
  // A response that varies by other fields than the one before it replaces it: the service has changed its mind.
  return a.revision !== b.revision || a.selectedBy.length !== b.selectedBy.length || names(a) === names(b);
}
