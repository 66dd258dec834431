import { closeSync, readdirSync, readFileSync } from 'node:fs';

/**
 * Closes what whoever started this process had left open in it. A daemon that keeps the descriptor of `flock` holds the
 * lock for ever, one that keeps the end of a pipe keeps its reader waiting, and each service would inherit them in
 * turn. Node.js opens its own to be closed in children; of those it inherits it marks only the first few.
 */
export function closeInherited(): void {
  for (const fd of openDescriptors()) {
    if (fd > 2 && isPassedOn(fd)) closeSync(fd);
  }
}

/** None where there is no /proc. */
function openDescriptors(): number[] {
  try {
    return readdirSync('/proc/self/fd').map(Number);
  } catch {
    return [];
  }
}

/** `flags` of /proc/<pid>/fdinfo is octal: proc(5). The descriptor of the listing itself is closed by now. */
function isPassedOn(fd: number): boolean {
  try {
    const flags = /^flags:\s*([0-7]+)/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8'))?.[1];
    return flags !== undefined && (Number.parseInt(flags, 8) & O_CLOEXEC) === 0;
  } catch {
    return false;
  }
}

const O_CLOEXEC = 0o2000000;
