import { useState } from 'react';
import { useSearchParams } from 'wouter';
import { useActivity } from '../live/activity.ts';
import { useToday } from '../live/now.ts';
import { stretchText } from '../model/format.ts';

const STRETCHES = [
  { name: '15 min', ms: 15 * 60_000 },
  { name: '1 h', ms: 3_600_000 },
  { name: '6 h', ms: 6 * 3_600_000 },
  { name: '24 h', ms: 86_400_000 },
  { name: '7 d', ms: 7 * 86_400_000 },
] as const;

export interface Stretch {
  readonly from: number;
  readonly to: number;
  readonly ms: number;
  /** It stands still: whoever is given the address sees the same. */
  readonly isHeld: boolean;
}

/**
 * The time that a page shows, in its address: the last hour where it says nothing. It moves on with what telemetry pushes,
 * and stands still where that does, or where it is held.
 */
export function useStretch(): Stretch {
  const [params] = useSearchParams();
  const [opened] = useState(Date.now);
  const now = useActivity(({ at }) => at) ?? opened;
  const held = { from: Number(params.get('from') ?? Number.NaN), to: Number(params.get('to') ?? Number.NaN) };
  if (held.from < held.to) return { ...held, ms: held.to - held.from, isHeld: true };
  const wanted = Number(params.get('last'));
  const ms = STRETCHES.find((one) => one.ms === wanted)?.ms ?? 3_600_000;
  // In whole steps, so that what is asked stays the same question for a while.
  const step = Math.max(5_000, ms / 360);
  const to = Math.ceil(now / step) * step;
  return { from: to - ms, to, ms, isHeld: false };
}

/** Holds a page at a time: what was dragged over in a chart. */
export function useHold(): (from: number, to: number) => void {
  const [params, setParams] = useSearchParams();
  return (from, to) => {
    const next = new URLSearchParams(params);
    next.set('from', String(Math.round(from)));
    next.set('to', String(Math.round(to)));
    setParams(next);
  };
}

export function StretchChoice() {
  const [params, setParams] = useSearchParams();
  const { from, to, ms: chosen, isHeld } = useStretch();
  const hold = useHold();
  const today = useToday();
  const moveOn = (ms: number | undefined) => {
    const next = new URLSearchParams(params);
    next.delete('from');
    next.delete('to');
    if (ms !== undefined) next.set('last', String(ms));
    setParams(next, { replace: true });
  };
  return (
    <fieldset className="choice" aria-label="Time">
      {STRETCHES.map(({ name, ms }) => (
        <button key={name} type="button" aria-pressed={!isHeld && ms === chosen} onClick={() => moveOn(ms)}>
          {name}
        </button>
      ))}
      <button
        type="button"
        aria-pressed={isHeld}
        title={isHeld ? 'Go on with the time' : 'Stay at this time, also for whoever is given the address'}
        onClick={() => (isHeld ? moveOn(undefined) : hold(from, to))}
      >
        {isHeld ? `${stretchText(from, to, today)} ✕` : 'Hold'}
      </button>
    </fieldset>
  );
}
