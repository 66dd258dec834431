import { LIMITS } from '../limits.ts';

/**
 * Which targets were changed, by an unsafe request or a purge, and when: what was asked for before a change may tell of the time
 * before it, though it comes after. A moment is a count of changes. Only the last ones are known by their targets; whatever was asked
 * for before those may be of an earlier time.
 */
export class Changes {
  readonly #byTarget = new Map<string, number>();
  #moment = 0;
  /** A change of this moment, or one of all, is no longer known by its target. */
  #unknown = 0;

  get moment(): number {
    return this.#moment;
  }

  note(target: string): void {
    this.#moment++;
    this.#byTarget.delete(target);
    this.#byTarget.set(target, this.#moment);
    if (this.#byTarget.size > LIMITS.changedTargets) this.#forgetOldest();
  }

  noteAll(): void {
    this.#moment++;
    this.#unknown = this.#moment;
    this.#byTarget.clear();
  }

  /** Whether this target may have been changed since then. */
  since(moment: number, target: string): boolean {
    return Math.max(this.#unknown, this.#byTarget.get(target) ?? 0) > moment;
  }

  #forgetOldest(): void {
    for (const [target, moment] of this.#byTarget) {
      this.#byTarget.delete(target);
      this.#unknown = moment;
      return;
    }
  }
}
