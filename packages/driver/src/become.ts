/** For good, and with everything that is opened or made from now on. Undefined: stay. */
export function become(owner: { readonly uid: number; readonly gid: number } | undefined): void {
  process.umask(0o077);
  if (!owner) return;
  process.setgroups?.([]);
  process.setgid?.(owner.gid);
  process.setuid?.(owner.uid);
}
