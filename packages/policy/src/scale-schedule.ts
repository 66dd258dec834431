import type { ScaleWindow } from '@islet/spec';

/** A moment as the machine's clock on the wall shows it. */
export interface LocalTime {
  /** 0 is Sunday, as in `Date`. */
  readonly day: number;
  /** Since midnight. */
  readonly minute: number;
}

/** The most that a window which is open now asks for; undefined: none is open. */
export function scheduledMin(windows: readonly ScaleWindow[], local: LocalTime): number | undefined {
  const open = windows.filter((window) => isOpen(window, local)).map(({ min }) => min);
  return open.length === 0 ? undefined : Math.max(...open);
}

/** One that ends before it begins goes on past midnight, and belongs to the day on which it began. */
function isOpen({ days, fromMinute, toMinute }: ScaleWindow, { day, minute }: LocalTime): boolean {
  if (fromMinute < toMinute) return days.includes(day) && minute >= fromMinute && minute < toMinute;
  const yesterday = (day + 6) % 7;
  return (days.includes(day) && minute >= fromMinute) || (days.includes(yesterday) && minute < toMinute);
}
