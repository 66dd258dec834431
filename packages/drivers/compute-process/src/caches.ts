import { join } from 'node:path';
import type { UnixUser } from '@islet/supervise';
import { letIn, makeOwn } from './service-folders.ts';
import { removeTree } from './tree-tools.ts';

/** What a service's builds keep between them, and their temporary files, which they don't. */
export interface Caches {
  readonly home: string;
  readonly tools: string;
  readonly temporary: string;
}

/** As with an instance's folder: what root makes again, the service must not be able to replace by a link. */
export async function makeCaches(folder: string, user: UnixUser | undefined): Promise<Caches> {
  const caches = { home: join(folder, 'home'), tools: join(folder, 'tools'), temporary: join(folder, 'tmp') };
  await letIn(folder, user);
  await removeTree(caches.temporary);
  for (const own of Object.values(caches)) await makeOwn(own, user);
  return caches;
}
