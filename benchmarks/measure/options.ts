import { parseArgs } from 'node:util';
import leven from 'leven';

/** How long one measures: `short` takes as many turns as `full`, and less time for each; `quick` takes few. */
export type Pace = 'full' | 'short' | 'quick';

export type Options =
  | {
      readonly kind: 'run';
      readonly names: readonly string[];
      /** Of those alone, by the beginnings of their names; empty: all. */
      readonly claims: readonly string[];
      readonly json: boolean;
      readonly pace: Pace;
    }
  | { readonly kind: 'list' | 'help' }
  | { readonly kind: 'wrong'; readonly message: string };

/** What the command line asks for, of the benchmarks that there are; no name means all of them, in their order. */
export function readOptions(args: readonly string[], known: readonly string[]): Options {
  const parsed = parse(args);
  if (typeof parsed === 'string') return { kind: 'wrong', message: parsed };
  const { values, positionals } = parsed;
  if (values.help) return { kind: 'help' };
  if (values.list) return { kind: 'list' };
  if (values.short && values.quick) return { kind: 'wrong', message: '--short and --quick exclude each other' };
  const unknown = positionals.find((name) => !known.includes(groupOf(name)));
  if (unknown !== undefined) return { kind: 'wrong', message: unknownName(unknown, known) };
  const groups = positionals.map(groupOf);
  const names = known.filter((name) => groups.length === 0 || groups.includes(name));
  const claims = positionals.filter((name) => !positionals.includes(groupOf(name)));
  // A benchmark that is named as a whole is wanted as a whole.
  const whole = claims.length === 0 ? [] : positionals.filter((name) => known.includes(name));
  const pace = values.quick ? 'quick' : values.short ? 'short' : 'full';
  return { kind: 'run', names, claims: [...claims, ...whole], json: values.json, pace };
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
    const options = { json: flag, short: flag, quick: flag, list: flag, help: { ...flag, short: 'h' } } as const;
    return parseArgs({ args: [...args], allowPositionals: true, options });
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function unknownName(name: string, known: readonly string[]): string {
  const [nearest] = known.toSorted((a, b) => leven(name, a) - leven(name, b));
  return `no benchmark is called "${name}"; the nearest is "${nearest}", and --list names them all`;
}
