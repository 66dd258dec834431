/** Freezes a value and all that it holds; a map's writers are taken away. */
export function freezeDeep<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  if (value instanceof Map) {
    for (const part of value.values()) freezeDeep(part);
    Object.assign(value, { set: refuse, delete: refuse, clear: refuse });
  }
  for (const part of Object.values(value)) freezeDeep(part);
  return Object.freeze(value);
}

function refuse(): never {
  throw new TypeError('a parsed specification never changes');
}
