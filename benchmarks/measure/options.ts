import { parseArgs } from 'node:util';
import leven from 'leven';

export type Options =
  | {
      readonly kind: 'run';
      readonly names: readonly string[];
      /** Of those alone, by the beginnings of their names; empty: all. */
      readonly claims: readonly string[];
      readonly json: boolean;
      readonly quick: boolean;
    }
  | { readonly kind: 'list' }
  | { readonly kind: 'wrong'; readonly message: string };

/** What the command line asks for, of the benchmarks that there are; no name means all of them, in their order. */
export function readOptions(args: readonly string[], known: readonly string[]): Options {
  const parsed = parse(args);
  if (typeof parsed === 'string') return { kind: 'wrong', message: parsed };
  const { values, positionals } = parsed;
  if (values.list) return { kind: 'list' };
  const unknown = positionals.find((name) => !known.includes(groupOf(name)));
  if (unknown !== undefined) return { kind: 'wrong', message: unknownName(unknown, known) };
  const groups = positionals.map(groupOf);
  const names = known.filter((name) => groups.length === 0 || groups.includes(name));
  const claims = positionals.filter((name) => !positionals.includes(groupOf(name)));
  // A benchmark that is named as a whole is wanted as a whole.
  const whole = claims.length === 0 ? [] : positionals.filter((name) => known.includes(name));
  return { kind: 'run', names, claims: [...claims, ...whole], json: values.json, quick: values.quick };
}

/** Whether a claim is wanted, or what its name begins with: `traffic.added` stands for all that it adds. */
export function isWanted(claim: string, claims: readonly string[]): boolean {
  const begins = (name: string, start: string) => name === start || name.startsWith(`${start}.`);
  return claims.length === 0 || claims.some((one) => begins(claim, one) || begins(one, claim));
}

/** The benchmark of a claim: what stands before the first dot. */
function groupOf(name: string): string {
  return name.split('.')[0] ?? name;
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
