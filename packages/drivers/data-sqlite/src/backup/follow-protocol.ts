import type { LogChunk } from '@islet/driver';

/** Whose file it is: root opens it with that user's rights, wherever links lead. Undefined: stay. */
export interface FileOwner {
  readonly uid: number;
  readonly gid: number;
}

export type FollowRequest = {
  readonly id: number;
  readonly path: string;
  readonly owner: FileOwner | undefined;
} & (
  | { readonly kind: 'next'; readonly from: string | undefined }
  /** Where the log ends. */
  | { readonly kind: 'end' }
);

export type FollowAnswer = { readonly id: number } & (
  | { readonly kind: 'chunk'; readonly chunk: LogChunk }
  | { readonly kind: 'end'; readonly end: string }
  /** `gone`: what comes next is there no more. */
  | { readonly kind: 'failed'; readonly code: 'gone' | 'unavailable'; readonly why: string }
);
