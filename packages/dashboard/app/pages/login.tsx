import { useEffect, useRef, useState } from 'react';
import { useLocation } from 'wouter';
import { enter, type Refused } from '../live/session.ts';

/** The way in: a link from the command line carries its code behind the `#`, where no log keeps it. */
export function LoginPage() {
  const [refused, setRefused] = useState<Refused>();
  const [code] = useState(() => (window.location.pathname === '/login' ? window.location.hash.slice(1) : ''));
  const [path, go] = useLocation();
  const isUsed = useRef(false);

  useEffect(() => {
    if (code === '') {
      if (window.location.pathname === '/login') window.history.replaceState(null, '', '/');
      return;
    }
    if (isUsed.current) return;
    isUsed.current = true;
    window.history.replaceState(null, '', '/login');
    enter(code).then(
      (answer) => (answer === undefined ? go('/', { replace: true }) : setRefused(answer)),
      (error: unknown) => setRefused({ message: String(error), hint: 'is the control plane running?' }),
    );
  }, [code, go]);

  if (code !== '' && refused === undefined && path === '/login') return <main className="login" aria-busy="true" />;
  return (
    <main className="login">
      <img src="/icon.svg" alt="" width="48" height="48" />
      <h1>Islet</h1>
      {refused === undefined ? (
        <p>This browser is not logged in.</p>
      ) : (
        <p className="failure-title" role="alert">
          {refused.message}
        </p>
      )}
      <p>On the machine, in the system’s folder, run</p>
      <pre>
        <code>islet dashboard</code>
      </pre>
      <p>and open the link that it prints. It is good once, and for five minutes.</p>
    </main>
  );
}
