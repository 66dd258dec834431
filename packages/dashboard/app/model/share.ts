/**
 * The newer value, made of the parts of the older one wherever they say the same. What did not change is then the same
 * object, and a page draws again only what did: of a hundred services, the one.
 */
export function share<T>(before: unknown, next: T): T {
  if (Object.is(before, next)) return next;
  if (!isContainer(before) || !isContainer(next) || Array.isArray(before) !== Array.isArray(next)) return next;
  const keys = Object.keys(next);
  const old = before as Record<string, unknown>;
  let isSame = keys.length === Object.keys(old).length;
  const shared: Record<string, unknown> = Array.isArray(next) ? ([] as unknown as Record<string, unknown>) : {};
  for (const key of keys) {
    const value = share(old[key], (next as Record<string, unknown>)[key]);
    shared[key] = value;
    isSame &&= Object.hasOwn(old, key) && Object.is(old[key], value);
  }
  return (isSame ? before : shared) as T;
}

function isContainer(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
