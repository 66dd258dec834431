import { once } from 'node:events';
import { startChild } from './child.ts';
import type { FolderEntry, LinkEntry } from './entries.ts';
import { framesOf } from './frames.ts';
import type { LookRequest } from './look-main.ts';

/** What is found, in the order of paths. */
export type Found =
  | FolderEntry
  | LinkEntry
  | { readonly kind: 'same'; readonly path: string }
  /** Its content follows as data. */
  | { readonly kind: 'file'; readonly path: string; readonly mode: number; readonly changedAt: number }
  /** Its own user may not. */
  | { readonly kind: 'unread'; readonly path: string }
  /** The content that came was of no one moment: it comes again, and what came is void. */
  | { readonly kind: 'again' }
  | { readonly kind: 'read'; readonly stamp: string | undefined; readonly torn: boolean }
  | { readonly kind: 'end' };

export type Seen = Found | { readonly kind: 'data'; readonly bytes: Uint8Array };

/** Looks through volumes as their owner. */
export async function* look(request: LookRequest, signal: AbortSignal): AsyncGenerator<Seen> {
  const child = startChild('look', signal);
  try {
    if (!child.process.stdin.write(JSON.stringify(request)))
      await Promise.race([once(child.process.stdin, 'drain'), child.end()]);
    child.process.stdin.end();
    let ended = false;
    for await (const frame of framesOf(child.process.stdout)) {
      const seen = frame.kind === 'data' ? frame : (frame.told as Found);
      ended = seen.kind === 'end';
      yield seen;
    }
    await child.end();
    if (!ended) throw new Error('whoever looked through the files ended too early');
  } finally {
    await child.kill();
  }
}
