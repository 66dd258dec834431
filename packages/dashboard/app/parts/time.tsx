import { useNow } from '../live/now.ts';
import { agoText, clockText } from '../model/format.ts';

/** How long ago; the exact instant on asking. */
export function Ago({ at }: { readonly at: number }) {
  const now = useNow();
  return (
    <time dateTime={new Date(at).toISOString()} title={new Date(at).toLocaleString('en-GB')}>
      {agoText(at, now)}
    </time>
  );
}

export function Clock({ at }: { readonly at: number }) {
  const now = useNow();
  return (
    <time dateTime={new Date(at).toISOString()} title={new Date(at).toISOString()}>
      {clockText(at, now)}
    </time>
  );
}
