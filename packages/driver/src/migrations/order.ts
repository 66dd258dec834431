/**
 * The order of migration files: by name, with a run of digits counting as one number, so that `V10__b.sql` follows
 * `V9__a.sql`. For names of equal width this is the order of a directory listing; it depends on no locale.
 */
export function byName(left: string, right: string): number {
  const a = runs(left);
  const b = runs(right);
  for (const [index, run] of a.entries()) {
    const other = b[index];
    if (other === undefined) return 1;
    const order = compareRuns(run, other);
    if (order !== 0) return order;
  }
  // Equal as numbers (`1_a`, `01_a`): any order, as long as it is always the same.
  return a.length - b.length || compareText(left, right);
}

function runs(name: string): readonly string[] {
  return name.match(/\d+|\D+/g) ?? [];
}

function compareRuns(left: string, right: string): number {
  if (!/^\d/.test(left) || !/^\d/.test(right)) return compareText(left, right);
  const a = BigInt(left);
  const b = BigInt(right);
  return a < b ? -1 : a > b ? 1 : 0;
}

function compareText(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0;
}
