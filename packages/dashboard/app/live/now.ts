import { agoText, clockText } from '../model/format.ts';
import { createCell, useCell } from './cell.ts';

/** The time, for `3 min ago`; it moves every few seconds and not more. */
const EVERY_MS = 5_000;
const now = createCell(Date.now());
/** The same, moving once a day: a thousand log lines don't ask each few seconds whether their day is over. */
const today = createCell(Date.now());

export function followTime(): () => void {
  const timer = setInterval(() => {
    const at = Date.now();
    now.set(at);
    if (new Date(at).toDateString() !== new Date(today.get()).toDateString()) today.set(at);
  }, EVERY_MS);
  return () => clearInterval(timer);
}

/** Drawn again only when it reads otherwise. */
export function useAgo(at: number): string {
  return useCell(now, (instant) => agoText(at, instant));
}

export function useClock(at: number): string {
  return useCell(today, (instant) => clockText(at, instant));
}

export function useToday(): number {
  return useCell(today, (at) => at);
}
