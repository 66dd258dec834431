import { createCell, useCell } from './cell.ts';

/** What became of what a person asked for; the last few. */
export interface Notice {
  readonly id: number;
  readonly tone: 'good' | 'bad';
  readonly text: string;
  readonly hint: string | undefined;
}

const SHOWN = 3;
const SHOWN_MS = 8_000;
const notices = createCell<readonly Notice[]>([]);
let last = 0;

export function notify(notice: Omit<Notice, 'id'>): void {
  const id = ++last;
  notices.set([...notices.get(), { ...notice, id }].slice(-SHOWN));
  // What went wrong stays until it is read.
  if (notice.tone === 'good') setTimeout(() => dismiss(id), SHOWN_MS);
}

export function dismiss(id: number): void {
  notices.set(notices.get().filter((notice) => notice.id !== id));
}

export function useNotices(): readonly Notice[] {
  return useCell(notices, (all) => all);
}
