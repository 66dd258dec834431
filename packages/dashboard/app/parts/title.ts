import { useEffect } from 'react';
import { useStatus } from '../live/status.ts';

/** What the tab is called: a page first, since that is what tells tabs apart. */
export function useTitle(page: string | undefined): void {
  const system = useStatus()?.system ?? 'Islet';
  useEffect(() => {
    document.title = page === undefined ? system : `${page} · ${system}`;
  }, [page, system]);
}
