import type { Node, TypeName } from 'libpg-query';

/**
 * Whether a change of a column's type writes the table anew, under a lock that lets nobody read. PostgreSQL leaves the
 * rows alone where every old value is stored as the new type would store it; these are the changes that people make.
 */
export function isRewritten(from: string, to: TypeName): boolean {
  const target = nameOf(to);
  const source = /^(?<name>[a-z ]+?)(?:\((?<mods>[\d,]+)\))?(?<rest>[a-z ]*)(?<array>\[\])?$/.exec(from)?.groups;
  if (source === undefined || source.array !== undefined || (to.arrayBounds ?? []).length > 0) return true;
  const name = `${source.name}${source.rest}`;
  const [mods, wanted] = [numbers(source.mods), target.mods];
  if (target.name === 'text') return !TEXTS.has(name);
  if (target.name === 'varchar') {
    if (!TEXTS.has(name)) return true;
    const [limit] = wanted;
    return limit !== undefined && (mods[0] === undefined || mods[0] > limit);
  }
  if (target.name === 'numeric' && name === 'numeric') {
    if (wanted.length === 0) return false;
    return mods.length === 0 || (mods[1] ?? 0) !== (wanted[1] ?? 0) || (mods[0] ?? 0) > (wanted[0] ?? 0);
  }
  return name !== (LONG_NAMES[target.name] ?? target.name) || mods.join() !== wanted.join();
}

const TEXTS: ReadonlySet<string> = new Set(['text', 'character varying']);

/** Names of the grammar, and what `format_type` calls them. */
const LONG_NAMES: Readonly<Record<string, string>> = {
  int2: 'smallint',
  int4: 'integer',
  int8: 'bigint',
  float4: 'real',
  float8: 'double precision',
  bool: 'boolean',
  bpchar: 'character',
  timestamptz: 'timestamp with time zone',
  timestamp: 'timestamp without time zone',
  timetz: 'time with time zone',
  time: 'time without time zone',
};

export function nameOf({ names = [], typmods = [] }: TypeName): { name: string; mods: readonly number[] } {
  const last = names.at(-1);
  const name = last !== undefined && 'String' in last ? (last.String.sval ?? '') : '';
  return { name, mods: typmods.flatMap(constant) };
}

function constant(node: Node): readonly number[] {
  return 'A_Const' in node && node.A_Const.ival !== undefined ? [node.A_Const.ival.ival ?? 0] : [];
}

function numbers(mods: string | undefined): readonly number[] {
  return mods === undefined ? [] : mods.split(',').map(Number);
}
