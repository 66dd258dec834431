import type { ReactNode } from 'react';

/** What may be wider than the window scrolls by itself, with the keyboard too. */
export function TableBox({
  label,
  className,
  children,
}: {
  readonly label: string;
  readonly className?: string;
  readonly children: ReactNode;
}) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reached to be scrolled (WCAG 2.1.1).
    <section className={className ?? 'table-box'} aria-label={label} tabIndex={0}>
      {children}
    </section>
  );
}
