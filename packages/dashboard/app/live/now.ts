import { createCell, useCell } from './cell.ts';

/** The time, for `3 min ago`; it moves every few seconds and not more. */
const EVERY_MS = 5_000;
const now = createCell(Date.now());

export function followTime(): () => void {
  const timer = setInterval(() => now.set(Date.now()), EVERY_MS);
  return () => clearInterval(timer);
}

export function useNow(): number {
  return useCell(now, (at) => at);
}
