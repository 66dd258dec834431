import { type ComponentType, useEffect, useState } from 'react';
import { Waiting } from './states.tsx';

/**
 * A page whose code is loaded when it is first opened, or before, when the browser has nothing else to do. React's own `lazy`
 * holds every page that was awaited back for 300 ms, so that fallbacks don't flicker; here nothing is shown for so
 * short a wait, and the page as soon as it is there.
 */
export function later(load: () => Promise<ComponentType>): ComponentType {
  let loaded: ComponentType | undefined;
  let failed: unknown;
  let loading: Promise<void> | undefined;
  const start = () => {
    loading ??= load().then(
      (component) => {
        loaded = component;
      },
      (error: unknown) => {
        failed = error;
      },
    );
    return loading;
  };
  whenIdle(() => void start());

  return function Later() {
    const [, drawAgain] = useState(0);
    useEffect(() => {
      if (loaded !== undefined) return undefined;
      let isShown = true;
      void start().then(() => isShown && drawAgain((turn) => turn + 1));
      return () => {
        isShown = false;
      };
    }, []);
    // For the boundary around the page: an update of Islet took the file away.
    if (failed !== undefined) throw failed;
    const Page = loaded;
    return Page === undefined ? <Waiting what="the page" /> : <Page />;
  };
}

function whenIdle(work: () => void): void {
  // Safari has none.
  if ('requestIdleCallback' in window) window.requestIdleCallback(work, { timeout: 5_000 });
  else setTimeout(work, 1_000);
}
