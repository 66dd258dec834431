import { type ReactNode, useEffect, useRef, useState } from 'react';
import { useLocation } from 'wouter';
import { useActivity } from '../live/activity.ts';
import { dismiss, useNotices } from '../live/notices.ts';
import { leave } from '../live/session.ts';
import { useConnection, useStatus } from '../live/status.ts';
import { focusPage } from './focus.ts';
import { Jump } from './jump.tsx';
import { Link } from './link.tsx';
import { PAGES } from './page-list.ts';
import { Clock } from './time.tsx';
import { ToneMark } from './tone.tsx';

/** What stands around every page. */
export function Shell({ children }: { readonly children: ReactNode }) {
  const [path] = useLocation();
  const system = useStatus()?.system;
  const [isOpen, setOpen] = useState(false);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the menu closes whenever another page is opened.
  useEffect(() => setOpen(false), [path]);
  useArrival(path.split('/').slice(0, 3).join('/'));
  return (
    <div className="shell">
      <a className="skip" href="#page">
        Skip to the page
      </a>
      <header className="bar">
        <Link href="/" className="brand">
          <img src="/icon.svg" alt="" width="20" height="20" />
          <span>{system ?? 'Islet'}</span>
        </Link>
        <button
          type="button"
          className="button menu-button"
          aria-expanded={isOpen}
          aria-controls="pages"
          onClick={() => setOpen(!isOpen)}
        >
          Menu
        </button>
        <nav id="pages" aria-label="Pages" className={isOpen ? 'pages pages-open' : 'pages'}>
          {PAGES.map(({ path: target, name }) => (
            <Link key={target} href={target} aria-current={isCurrent(path, target) ? 'page' : undefined}>
              {name}
              {target === '/alerts' ? <FiringCount /> : null}
            </Link>
          ))}
          <Jump />
          <ConnectionMark />
          <button type="button" className="quiet-button" onClick={() => void leave()}>
            Log out
          </button>
        </nav>
      </header>
      <main id="page" tabIndex={-1}>
        <StaleNote />
        {children}
      </main>
      <Notices />
    </div>
  );
}

/** Another page begins at its top, unless one goes back to it; and the focus goes there if what had it is gone. */
function useArrival(page: string): void {
  const last = useRef(page);
  const isBack = useRef(false);
  useEffect(() => {
    const back = () => {
      isBack.current = true;
    };
    window.addEventListener('popstate', back);
    return () => window.removeEventListener('popstate', back);
  }, []);
  useEffect(() => {
    if (last.current === page) return;
    last.current = page;
    if (!isBack.current) window.scrollTo(0, 0);
    isBack.current = false;
    if (document.activeElement === document.body) focusPage();
  }, [page]);
}

function isCurrent(path: string, target: string): boolean {
  if (target === '/') return path === '/' || path.startsWith('/services/');
  return path === target || path.startsWith(`${target}/`);
}

function FiringCount() {
  const firing = useActivity(({ alerts }) => alerts?.filter(({ state }) => state === 'firing').length ?? 0);
  return firing === 0 ? null : (
    <span className="count tone-bad">
      {firing}
      <span className="unseen"> firing</span>
    </span>
  );
}

function ConnectionMark() {
  const connection = useConnection();
  switch (connection.kind) {
    case 'connecting':
      return <p className="connection">connecting</p>;
    case 'live':
      return (
        <p className="connection">
          <ToneMark tone="good" /> live
        </p>
      );
    case 'stale':
      return (
        <p className="connection tone-warn">
          <ToneMark tone="warn" /> stale
        </p>
      );
  }
}

function StaleNote() {
  const connection = useConnection();
  if (connection.kind !== 'stale') return null;
  return (
    <output className="stale">
      <ToneMark tone="warn" /> Stale since <Clock at={connection.since} />: the control plane does not answer. Services
      go on serving without it, and this page goes on when it is back.
    </output>
  );
}

function Notices() {
  const notices = useNotices();
  return (
    <div className="notices" aria-live="polite">
      {notices.map(({ id, tone, text, hint }) => (
        <div key={id} className="notice">
          <ToneMark tone={tone} />
          <p>
            {text}
            {hint === undefined ? null : <span className="failure-hint"> → {hint}</span>}
          </p>
          <button type="button" className="quiet-button" onClick={() => dismiss(id)} aria-label="Dismiss">
            ✕
          </button>
        </div>
      ))}
    </div>
  );
}
