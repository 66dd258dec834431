import { useEffect, useId, useRef, useState } from 'react';
import { useLocation } from 'wouter';
import { useStatus } from '../live/status.ts';
import { PAGES } from './page-list.ts';

/** `/` and some letters lead to any service or page. */
export function Jump() {
  const input = useRef<HTMLInputElement>(null);
  const list = useId();
  const [text, setText] = useState('');
  const [, go] = useLocation();
  const services = useStatus()?.services ?? [];
  const targets = [
    ...services.map(({ name }) => ({ name, path: `/services/${name}` })),
    ...PAGES.map(({ name, path }) => ({ name, path })),
  ];

  useEffect(() => {
    const focus = (event: KeyboardEvent) => {
      const isTyping = event.target instanceof HTMLElement && /^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName);
      if (event.key !== '/' || isTyping || event.ctrlKey || event.metaKey) return;
      event.preventDefault();
      input.current?.focus();
    };
    window.addEventListener('keydown', focus);
    return () => window.removeEventListener('keydown', focus);
  }, []);

  const jump = (typed: string) => {
    const wanted = typed.trim().toLowerCase();
    if (wanted === '') return;
    const named = targets.find(({ name }) => name.toLowerCase() === wanted);
    const target = named ?? targets.find(({ name }) => name.toLowerCase().startsWith(wanted));
    if (target === undefined) return;
    setText('');
    input.current?.blur();
    go(target.path);
  };

  return (
    <form
      className="jump"
      onSubmit={(event) => {
        event.preventDefault();
        jump(text);
      }}
    >
      <input
        ref={input}
        value={text}
        list={list}
        placeholder="Jump to  /"
        aria-label="Jump to a service or page"
        onChange={(event) => setText(event.target.value)}
      />
      <datalist id={list}>
        {targets.map(({ name, path }) => (
          <option key={path} value={name} />
        ))}
      </datalist>
    </form>
  );
}
