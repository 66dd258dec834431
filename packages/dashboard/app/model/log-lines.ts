import type { LogRecord } from '@islet/client/browser';
import type { Tone } from './overview.ts';

/** As many as a page holds; the oldest go first. */
const SHOWN_LOGS = 1_000;

/** New records in front of those that are there, the newest first, each once. */
export function withRecords(before: readonly LogRecord[], fresh: readonly LogRecord[]): readonly LogRecord[] {
  const known = new Set(before.map(({ id }) => id));
  const added = fresh.filter(({ id }) => !known.has(id));
  if (added.length === 0) return before;
  return [...added, ...before].sort((a, b) => b.at - a.at || (a.id < b.id ? 1 : -1)).slice(0, SHOWN_LOGS);
}

export function toneOfLevel(level: LogRecord['level']): Tone {
  switch (level) {
    case 'fatal':
    case 'error':
      return 'bad';
    case 'warn':
      return 'warn';
    case 'info':
    case 'debug':
    case 'trace':
    case undefined:
      return 'idle';
  }
}
