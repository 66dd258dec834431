import type { LocalTime } from '@islet/policy';

/** By the machine's time zone, which is `TZ` of the control plane. */
export function localTime(now: number): LocalTime {
  const date = new Date(now);
  return { day: date.getDay(), minute: date.getHours() * 60 + date.getMinutes() };
}
