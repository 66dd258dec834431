/* Figures as a person reads them: few digits, units that don't jump, and a dash where nothing is known. */

export const UNKNOWN = '–';

/** Requests per second. */
export function rateText(perSecond: number | undefined): string {
  if (perSecond === undefined) return UNKNOWN;
  if (perSecond === 0) return '0';
  if (perSecond < 0.1) return '<0.1';
  if (perSecond < 10) return perSecond.toFixed(1);
  return shortNumber(perSecond);
}

export function shortNumber(value: number): string {
  if (Math.abs(value) < 1000) return String(Math.round(value));
  if (Math.abs(value) < 1_000_000) return `${trimmed(value / 1000)}k`;
  return `${trimmed(value / 1_000_000)}M`;
}

/** For an axis and what stands on it: two digits that count, since an axis that says `<0.1, <0.1` or `1, 1` says nothing. */
export function figureText(value: number | undefined): string {
  if (value === undefined) return UNKNOWN;
  return Math.abs(value) < 10 ? String(Number(value.toPrecision(2))) : shortNumber(value);
}

/** From a share between 0 and 1. What is not nothing never reads as 0 %. */
export function percentText(share: number | undefined): string {
  if (share === undefined || Number.isNaN(share)) return UNKNOWN;
  const percent = share * 100;
  if (percent === 0) return '0 %';
  if (Math.abs(percent) < 0.1) return '<0.1 %';
  return `${Math.abs(percent) < 10 ? trimmed(percent) : Math.round(percent)} %`;
}

export function durationText(ms: number | undefined): string {
  if (ms === undefined) return UNKNOWN;
  if (ms === 0) return '0 ms';
  if (ms < 1) return `${trimmed(ms * 1000, 0)} µs`;
  if (ms < 10) return `${trimmed(ms)} ms`;
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${trimmed(ms / 1000)} s`;
  return longDuration(ms);
}

/** Of its two largest units: `3 h 20 min`. */
function longDuration(ms: number): string {
  const units = [
    ['d', 86_400_000],
    ['h', 3_600_000],
    ['min', 60_000],
    ['s', 1000],
  ] as const;
  const first = units.findIndex(([, size]) => ms >= size);
  const [name, size] = units[first] ?? ['s', 1000];
  const whole = Math.floor(ms / size);
  const [lesser, lesserSize] = units[first + 1] ?? ['s', 1000];
  const rest = Math.floor((ms - whole * size) / lesserSize);
  return rest === 0 || lesser === name ? `${whole} ${name}` : `${whole} ${name} ${rest} ${lesser}`;
}

export function bytesText(bytes: number | undefined): string {
  if (bytes === undefined) return UNKNOWN;
  const units = ['B', 'kB', 'MB', 'GB', 'TB'] as const;
  let [value, unit] = [bytes, 0];
  while (value >= 999.5 && unit < units.length - 1) [value, unit] = [value / 1000, unit + 1];
  return `${value < 10 && unit > 0 ? trimmed(value) : Math.round(value)} ${units[unit]}`;
}

/** Processor cores. */
export function coresText(cores: number | undefined): string {
  if (cores === undefined) return UNKNOWN;
  if (cores === 0) return '0';
  return cores < 0.01 ? '<0.01' : cores < 10 ? cores.toFixed(2) : cores.toFixed(0);
}

/** How long ago, in one unit. */
export function agoText(at: number, now: number): string {
  const seconds = Math.max(0, Math.round((now - at) / 1000));
  if (seconds < 10) return 'just now';
  if (seconds < 60) return `${seconds} s ago`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `${minutes} min ago`;
  const hours = Math.round(minutes / 60);
  return hours < 48 ? `${hours} h ago` : `${Math.round(hours / 24)} d ago`;
}

/* Made once: making one takes a hundred times as long as using it, and a page of logs uses it a thousand times. */
const TIME = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' });
const MINUTE = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit' });
const DAY = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short' });
const INSTANT = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'medium' });

/** `14:03:09`, and with the day where that is not today. */
export function clockText(at: number, now: number): string {
  const time = TIME.format(at);
  return new Date(at).toDateString() === new Date(now).toDateString() ? time : `${DAY.format(at)} ${time}`;
}

/** With the day and the year. */
export function instantText(at: number): string {
  return INSTANT.format(at);
}

/** From one instant to another: the day is said once. */
export function stretchText(from: number, to: number, now: number): string {
  const end = new Date(to);
  const isOneDay = end.toDateString() === new Date(from).toDateString();
  return `${clockText(from, now)} – ${isOneDay ? TIME.format(to) : clockText(to, now)}`;
}

/** What is left of an error budget: past its end, how far does not matter. */
export function budgetText(left: number): string {
  return left <= 0 ? 'used up' : percentText(left);
}

/** For an axis over so long a time: hours and minutes, or days. */
export function axisTimeText(at: number, spanMs: number): string {
  return spanMs > 2 * 86_400_000 ? DAY.format(at) : MINUTE.format(at);
}

export function plural(count: number, noun: string, many = `${noun}s`): string {
  return `${count} ${count === 1 ? noun : many}`;
}

function trimmed(value: number, digits = 1): string {
  return String(Number(value.toFixed(digits)));
}
