import { parseArgs } from 'node:util';
import leven from 'leven';

export type Options =
  | { readonly kind: 'run'; readonly names: readonly string[]; readonly json: boolean; readonly quick: boolean }
  | { readonly kind: 'list' }
  | { readonly kind: 'wrong'; readonly message: string };

/** What the command line asks for, of the benchmarks that there are; no name means all of them, in their order. */
export function readOptions(args: readonly string[], known: readonly string[]): Options {
  const parsed = parse(args);
  if (typeof parsed === 'string') return { kind: 'wrong', message: parsed };
  const { values, positionals } = parsed;
  if (values.list) return { kind: 'list' };
  const unknown = positionals.find((name) => !known.includes(name));
  if (unknown !== undefined) return { kind: 'wrong', message: unknownName(unknown, known) };
  const names = known.filter((name) => positionals.length === 0 || positionals.includes(name));
  return { kind: 'run', names, json: values.json, quick: values.quick };
}

function parse(args: readonly string[]) {
  const flag = { type: 'boolean', default: false } as const;
  try {
    return parseArgs({ args: [...args], allowPositionals: true, options: { json: flag, quick: flag, list: flag } });
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function unknownName(name: string, known: readonly string[]): string {
  const [nearest] = known.toSorted((a, b) => leven(name, a) - leven(name, b));
  return `no benchmark is called "${name}"; the nearest is "${nearest}", and --list names them all`;
}
