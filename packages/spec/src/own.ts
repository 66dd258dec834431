/** Looks up a key that came from outside: `toString` is not in a table just because every object has one. */
export function own<T>(table: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(table, key) ? table[key] : undefined;
}
