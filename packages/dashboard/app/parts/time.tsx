import { useAgo, useClock } from '../live/now.ts';
import { instantText } from '../model/format.ts';

/** How long ago; the exact instant on asking. */
export function Ago({ at }: { readonly at: number }) {
  return (
    <time dateTime={new Date(at).toISOString()} title={instantText(at)}>
      {useAgo(at)}
    </time>
  );
}

export function Clock({ at }: { readonly at: number }) {
  const instant = new Date(at).toISOString();
  return (
    <time dateTime={instant} title={instant}>
      {useClock(at)}
    </time>
  );
}
