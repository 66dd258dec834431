import { useState } from 'react';
import { useSearchParams } from 'wouter';
import { useActivity } from '../live/activity.ts';

const STRETCHES = [
  { name: '15 min', ms: 15 * 60_000 },
  { name: '1 h', ms: 3_600_000 },
  { name: '6 h', ms: 6 * 3_600_000 },
  { name: '24 h', ms: 86_400_000 },
  { name: '7 d', ms: 7 * 86_400_000 },
] as const;

/**
 * The time that a page shows, in its address: the last hour where it says nothing. It moves on with what telemetry pushes,
 * and stands still where that does.
 */
export function useStretch(): { readonly from: number; readonly to: number; readonly ms: number } {
  const [params] = useSearchParams();
  const [opened] = useState(Date.now);
  const now = useActivity(({ at }) => at) ?? opened;
  const wanted = Number(params.get('last'));
  const ms = STRETCHES.find((one) => one.ms === wanted)?.ms ?? 3_600_000;
  // In whole steps, so that what is asked stays the same question for a while.
  const step = Math.max(5_000, ms / 360);
  const to = Math.ceil(now / step) * step;
  return { from: to - ms, to, ms };
}

export function StretchChoice() {
  const [params, setParams] = useSearchParams();
  const { ms: chosen } = useStretch();
  return (
    <fieldset className="choice" aria-label="Time">
      {STRETCHES.map(({ name, ms }) => (
        <button
          key={name}
          type="button"
          aria-pressed={ms === chosen}
          onClick={() => {
            const next = new URLSearchParams(params);
            next.set('last', String(ms));
            setParams(next, { replace: true });
          }}
        >
          {name}
        </button>
      ))}
    </fieldset>
  );
}
