import type { TraceSummary } from '@islet/client/browser';
import { durationText } from '../model/format.ts';
import { Link } from '../parts/link.tsx';

interface ScatterProps {
  readonly traces: readonly TraceSummary[];
  readonly from: number;
  readonly to: number;
}

/**
 * Every trace as a point: when, and how long on a scale of tens. What is apart from the others is seen at once. It is for the
 * pointer alone; the list below has the same traces for everybody.
 */
export function TraceScatter({ traces, from, to }: ScatterProps) {
  const top = Math.max(1, Math.ceil(Math.log10(Math.max(...traces.map(({ totalMs }) => totalMs)))));
  const left = (at: number) => `${(100 * (at - from)) / (to - from)}%`;
  const height = (ms: number) => `${(100 * Math.log10(Math.max(ms, 1))) / top}%`;
  const powers = Array.from({ length: top + 1 }, (_, power) => 10 ** power);
  return (
    <div className="scatter panel" aria-hidden="true">
      {powers.map((ms) => (
        <div key={ms} className="scatter-line" style={{ bottom: height(ms) }}>
          <span>{durationText(ms)}</span>
        </div>
      ))}
      {traces.map(({ trace, at, totalMs, errors, root }) => (
        <Link
          key={trace}
          href={`/traces/${trace}`}
          tabIndex={-1}
          className={errors > 0 ? 'dot dot-bad' : 'dot'}
          style={{ left: left(at), bottom: height(totalMs) }}
          title={`${root.name}, ${durationText(totalMs)}`}
        />
      ))}
    </div>
  );
}
