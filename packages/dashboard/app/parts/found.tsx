import type { Gap, Looked } from '@islet/client/browser';
import { shortNumber } from '../model/format.ts';
import { Clock } from './time.tsx';

/** What a search looked at, and what it can't know: an answer that is not whole says so. */
export function Found({ gaps, looked }: { readonly gaps: readonly Gap[]; readonly looked: Looked }) {
  return (
    <>
      {looked.complete ? null : (
        <p className="stale">
          This is not all: the search came to its limit after {shortNumber(looked.records)} records. A shorter time
          helps.
        </p>
      )}
      {gaps.map(({ from, to, why }) => (
        <p key={`${from} ${to}`} className="stale">
          Nothing is known from <Clock at={from} /> to <Clock at={to} />: {why}
        </p>
      ))}
    </>
  );
}
