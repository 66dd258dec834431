/** The latest value of something, and everybody who wants to hear of the next. */
export interface Bulletin<T> {
  latest(): T | undefined;
  post(value: T): void;
  /** The latest value, then each newer one; a slow reader misses values, never the last one. */
  follow(signal: AbortSignal): AsyncIterable<T>;
  close(): void;
}

export function createBulletin<T>(): Bulletin<T> {
  let latest: T | undefined;
  let text = '';
  let closed = false;
  const waiting = new Set<() => void>();
  const wake = () => {
    for (const resume of waiting) resume();
    waiting.clear();
  };

  async function* follow(signal: AbortSignal): AsyncIterable<T> {
    let seen = '';
    signal.addEventListener('abort', wake, { once: true });
    while (!signal.aborted && !closed) {
      if (latest !== undefined && seen !== text) {
        seen = text;
        yield latest;
      } else {
        await new Promise<void>((resume) => waiting.add(resume));
      }
    }
  }

  return {
    latest: () => latest,
    post: (value) => {
      latest = value;
      const next = JSON.stringify(value);
      if (next === text) return;
      text = next;
      wake();
    },
    follow,
    close: () => {
      closed = true;
      wake();
    },
  };
}
