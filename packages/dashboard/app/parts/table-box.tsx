import { type ReactNode, useEffect, useRef, useState } from 'react';

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
  const box = useRef<HTMLElement>(null);
  const [isWider, setWider] = useState(false);
  useEffect(() => {
    const element = box.current;
    if (element === null) return undefined;
    const look = new ResizeObserver(() =>
      setWider(element.scrollWidth > element.clientWidth || element.scrollHeight > element.clientHeight),
    );
    look.observe(element);
    if (element.firstElementChild !== null) look.observe(element.firstElementChild);
    return () => look.disconnect();
  }, []);
  return (
    // A region that scrolls must be reached to be scrolled (WCAG 2.1.1); one that does not is no stop on the way.
    <section ref={box} className={className ?? 'table-box'} aria-label={label} {...(isWider ? { tabIndex: 0 } : {})}>
      {children}
    </section>
  );
}
