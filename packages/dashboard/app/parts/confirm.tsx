import type { ApiError } from '@islet/client/browser';
import { type ReactNode, useEffect, useId, useLayoutEffect, useRef, useState } from 'react';
import { failureOf } from '../live/api.ts';
import { notify } from '../live/notices.ts';
import { focusPage } from './focus.ts';
import { Failure } from './states.tsx';

export interface ConfirmProps {
  /** The button's word, and the dialog's. */
  readonly verb: string;
  readonly title: string;
  readonly children?: ReactNode;
  readonly danger?: boolean;
  /** What the page is there for. */
  readonly main?: boolean;
  readonly disabled?: boolean;
  /** What has to be typed first, for what can't be undone. */
  readonly typed?: string;
  /** Returns what is said when it was taken. */
  readonly act: () => Promise<string>;
}

/** A button for what changes the system: it asks first, and tells what became of it. */
export function Confirm(props: ConfirmProps) {
  const { verb, title, children, danger = false, main = false, disabled = false, typed, act } = props;
  const dialog = useRef<HTMLDialogElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  const [isOpen, setOpen] = useState(false);
  const [isActing, setActing] = useState(false);
  const [error, setError] = useState<ApiError>();
  const [text, setText] = useState('');
  const heading = useId();

  useEffect(() => {
    if (isOpen) dialog.current?.showModal();
  }, [isOpen]);
  // What was done may take this button away: whoever works by keyboard is not sent back to the top for it.
  useLayoutEffect(() => {
    const own = button.current;
    return () => {
      if (own !== null && own === document.activeElement) focusPage();
    };
  }, []);

  const close = () => {
    dialog.current?.close();
    setOpen(false);
    setError(undefined);
    setText('');
  };
  const go = async () => {
    setActing(true);
    try {
      notify({ tone: 'good', text: await act(), hint: undefined });
      close();
    } catch (thrown) {
      setError(failureOf(thrown));
    } finally {
      setActing(false);
    }
  };

  return (
    <>
      <button
        ref={button}
        type="button"
        className={['button', danger ? 'button-danger' : '', main ? 'button-main' : ''].join(' ').trim()}
        // Not `disabled`: that would take the focus from whoever has just pressed it.
        aria-disabled={disabled}
        onClick={() => (disabled ? undefined : setOpen(true))}
      >
        {verb}
      </button>
      {isOpen ? (
        <dialog ref={dialog} aria-labelledby={heading} onClose={() => setOpen(false)}>
          <form
            onSubmit={(event) => {
              event.preventDefault();
              void go();
            }}
          >
            <h2 id={heading}>{title}</h2>
            <div className="dialog-body">{children}</div>
            {typed === undefined ? null : (
              <label className="field">
                <span>
                  Type <strong>{typed}</strong> to go on
                </span>
                <input value={text} onChange={(event) => setText(event.target.value)} autoComplete="off" />
              </label>
            )}
            {error === undefined ? null : <Failure error={error} />}
            <div className="dialog-buttons">
              <button type="button" className="button" onClick={close}>
                Cancel
              </button>
              <button
                type="submit"
                className={danger ? 'button button-danger button-main' : 'button button-main'}
                disabled={isActing || (typed !== undefined && text !== typed)}
              >
                {isActing ? `${verb} …` : verb}
              </button>
            </div>
          </form>
        </dialog>
      ) : null}
    </>
  );
}
