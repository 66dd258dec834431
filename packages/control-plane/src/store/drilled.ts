/** What a drill proved, or did not. */
export interface Drilled {
  readonly startedAt: number;
  readonly finishedAt: number;
  /** Undefined: there was none. */
  readonly copy: string | undefined;
  /** From the wish to a store that answers, checks not counted; undefined: it was not restored. */
  readonly rtoMs: number | undefined;
  /** What would have been lost: from the newest instant that was restored to the wish. */
  readonly rpoMs: number | undefined;
  /** What became of the service's smoke test, where it did not fail; undefined: it has none, or was not reached. */
  readonly smoke?: string | undefined;
  /** Each a sentence; none: it passed. */
  readonly problems: readonly string[];
}
