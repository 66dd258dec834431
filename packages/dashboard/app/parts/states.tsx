import type { ApiError } from '@islet/client/browser';
import { type ReactNode, useEffect, useState } from 'react';
import { messageOf } from '../live/api.ts';
import type { Asked } from '../live/ask.ts';
import { mistakeText, placeText } from '../model/mistakes.ts';

/** Nothing is there: why, and what to do about it. */
export function Empty({ title, children }: { readonly title: string; readonly children?: ReactNode }) {
  return (
    <div className="empty">
      <p className="empty-title">{title}</p>
      {children === undefined ? null : <div className="empty-text">{children}</div>}
    </div>
  );
}

export function Failure({ error, again }: { readonly error: ApiError; readonly again?: () => void }) {
  return (
    <div className="failure" role="alert">
      <p className="failure-title">{messageOf(error)}</p>
      {error.errors.length === 0 ? null : (
        <ul className="mistakes">
          {error.errors.map((mistake) => (
            <li key={placeText(mistake) + mistake.message}>
              <code>{placeText(mistake)}</code> {mistakeText(mistake)}
            </li>
          ))}
        </ul>
      )}
      {error.hint === undefined ? null : <p className="failure-hint">→ {error.hint}</p>}
      {again === undefined ? null : (
        <button type="button" className="button" onClick={again}>
          Try again
        </button>
      )}
    </div>
  );
}

const PATIENCE_MS = 250;

/** Says that something is awaited, but only once that is worth a word: most answers come sooner. */
export function Waiting({ what }: { readonly what: string }) {
  const [isLate, setLate] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setLate(true), PATIENCE_MS);
    return () => clearTimeout(timer);
  }, []);
  return (
    <p className="waiting" aria-live="polite">
      {isLate ? `Asking for ${what} …` : ''}
    </p>
  );
}

/** An answer on the screen: awaited, failed, or there, with a word where it is older than the last failure. */
export function Answered<T>({
  asked,
  what,
  children,
}: {
  readonly asked: Asked<T> & { readonly again?: () => void };
  readonly what: string;
  readonly children: (value: T) => ReactNode;
}) {
  const retry = asked.again === undefined ? {} : { again: asked.again };
  if (asked.value === undefined) {
    return asked.error === undefined ? <Waiting what={what} /> : <Failure error={asked.error} {...retry} />;
  }
  return (
    <>
      {asked.error === undefined ? null : <Failure error={asked.error} {...retry} />}
      {children(asked.value)}
    </>
  );
}
