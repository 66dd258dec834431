import { readFileSync } from 'node:fs';
import { join, relative } from 'node:path';

/** Where a cgroup hierarchy is mounted, and the folder in it that this process belongs to. */
export interface Hierarchy {
  readonly version: 1 | 2;
  readonly root: string;
  readonly own: string;
}

/** The v2 hierarchy, alone or beside v1 ones (`/sys/fs/cgroup/unified` on hybrid machines). */
export function unifiedHierarchy(): Hierarchy | undefined {
  return find(
    (mount) => mount.type === 'cgroup2',
    2,
    (line) => line.startsWith('0::'),
  );
}

/** The v1 hierarchy that a controller is bound to, if any. */
export function legacyHierarchy(controller: 'memory' | 'cpu'): Hierarchy | undefined {
  return find(
    (mount) => mount.type === 'cgroup' && mount.superOptions.includes(controller),
    1,
    (line) => line.split(':')[1]?.split(',').includes(controller) ?? false,
  );
}

interface Mount {
  /** The folder of the hierarchy that is mounted: not `/` in some containers. */
  readonly root: string;
  readonly point: string;
  readonly type: string;
  readonly superOptions: readonly string[];
}

function find(
  wanted: (mount: Mount) => boolean,
  version: 1 | 2,
  own: (line: string) => boolean,
): Hierarchy | undefined {
  const mount = mounts().find(wanted);
  if (mount === undefined) return undefined;
  const line = lines('/proc/self/cgroup').find(own);
  const path = line?.split(':').slice(2).join(':') ?? '/';
  const below = relative(mount.root, path);
  return { version, root: mount.point, own: below.startsWith('..') ? mount.point : join(mount.point, below) };
}

/** `36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue`: proc(5). */
function mounts(): Mount[] {
  return lines('/proc/self/mountinfo').map((line) => {
    const [before = '', after = ''] = line.split(' - ');
    const [, , , root = '/', point = ''] = before.split(' ');
    const [type = '', , superOptions = ''] = after.split(' ');
    return { root, point, type, superOptions: superOptions.split(',') };
  });
}

function lines(path: string): string[] {
  try {
    return readFileSync(path, 'utf8').split('\n').filter(Boolean);
  } catch {
    return [];
  }
}
