import { type ReactNode, useEffect, useId, useState } from 'react';
import { useSearchParams } from 'wouter';
import { useStatus } from '../live/status.ts';

export type FilterField = {
  readonly name: string;
  readonly label: string;
  /** Asked for seldom: shown when it is wanted, or says something. */
  readonly isRare?: boolean;
} & (
  | { readonly kind: 'text' | 'number' | 'service'; readonly wide?: boolean }
  | { readonly kind: 'choice'; readonly choices: readonly string[] }
);

/** A search whose words are in the address: a link to the page is a link to what was found. */
export function Filters({
  fields,
  children,
}: {
  readonly fields: readonly FilterField[];
  readonly children?: ReactNode;
}) {
  const id = useId();
  const [params, setParams] = useSearchParams();
  const services = useStatus()?.services.map(({ name }) => name) ?? [];
  const rare = fields.filter(({ isRare }) => isRare === true);
  const isSaying = rare.some(({ name }) => params.get(name) !== null);
  const [isOpen, setOpen] = useState(false);
  const shown = isOpen || isSaying ? fields : fields.filter(({ isRare }) => isRare !== true);
  const set = (name: string, value: string) => {
    const next = new URLSearchParams(params);
    if (value === '') next.delete(name);
    else next.set(name, value);
    setParams(next, { replace: true });
  };
  return (
    <search className="filters">
      {shown.map((field) => (
        <div key={field.name} className={`field field-${field.kind}`}>
          <label htmlFor={`${id}-${field.name}`}>{field.label}</label>
          {field.kind === 'choice' || field.kind === 'service' ? (
            <select
              id={`${id}-${field.name}`}
              value={params.get(field.name) ?? ''}
              onChange={({ target: { value } }) => set(field.name, value)}
            >
              <option value="">all</option>
              {(field.kind === 'choice' ? field.choices : services).map((choice) => (
                <option key={choice}>{choice}</option>
              ))}
            </select>
          ) : (
            <Typed
              id={`${id}-${field.name}`}
              value={params.get(field.name) ?? ''}
              kind={field.kind}
              wide={field.wide === true}
              onSettled={(value) => set(field.name, value)}
            />
          )}
        </div>
      ))}
      {rare.length === 0 || isSaying ? null : (
        <button type="button" className="button" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
          {isOpen ? 'Fewer filters' : 'More filters'}
        </button>
      )}
      {children}
    </search>
  );
}

const SETTLED_MS = 300;

interface TypedProps {
  readonly id: string;
  readonly value: string;
  readonly kind: 'text' | 'number' | 'service';
  readonly wide: boolean;
  readonly onSettled: (value: string) => void;
}

/** Searched for once the typing rests. */
function Typed({ id, value, kind, wide, onSettled }: TypedProps) {
  const [text, setText] = useState(value);
  useEffect(() => setText(value), [value]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: only what is typed starts the wait.
  useEffect(() => {
    if (text === value) return undefined;
    const timer = setTimeout(() => onSettled(text), SETTLED_MS);
    return () => clearTimeout(timer);
  }, [text]);
  return (
    <input
      id={id}
      type={kind === 'number' ? 'number' : 'text'}
      min={kind === 'number' ? 0 : undefined}
      className={wide ? 'wide' : undefined}
      value={text}
      onChange={({ target }) => setText(target.value)}
    />
  );
}
