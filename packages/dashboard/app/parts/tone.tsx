import type { Tone } from '../model/overview.ts';

const SHAPES: Readonly<Record<Tone, string>> = { good: '●', idle: '○', busy: '◐', warn: '▲', bad: '■' };

/** State by shape and colour: colour alone says nothing to one in twelve men. */
export function ToneMark({ tone, label }: { readonly tone: Tone; readonly label?: string }) {
  const className = `mark tone-${tone}`;
  if (label === undefined) {
    return (
      <span className={className} aria-hidden="true">
        {SHAPES[tone]}
      </span>
    );
  }
  return (
    <span className={className} role="img" aria-label={label}>
      {SHAPES[tone]}
    </span>
  );
}

export function Chip({ tone, children }: { readonly tone: Tone; readonly children: React.ReactNode }) {
  return (
    <span className={`chip tone-${tone}`}>
      <ToneMark tone={tone} /> {children}
    </span>
  );
}
