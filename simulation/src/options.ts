import { parseArgs } from 'node:util';
import { MUTATIONS, type Mutation } from './mutations.ts';

export const HELP = `Runs the control plane in seeded worlds, with fake drivers, a virtual clock and faults.

  npm run simulate -- --seeds 1000 --start 0    runs them, and ends with one line of counts
  npm run simulate -- --seed 17                 runs one, and tells what happened in it
  npm run simulate -- --mutation NAME           with that bug planted; its names are in src/mutations.ts
  npm run simulate -- --fail-fast               ends with the first seed that breaks an invariant

Exits 1 where an invariant was broken, and 2 where this was asked wrongly.
`;

/** What is asked: help, one seed, all of them, or the part of one of the processes that share them. */
export type Asked =
  | { readonly kind: 'help' }
  | { readonly kind: 'wrong'; readonly why: string }
  | (Common & { readonly kind: 'one'; readonly seed: number })
  | (Common & { readonly kind: 'part'; readonly first: number; readonly step: number; readonly end: number })
  | (Common & { readonly kind: 'all'; readonly start: number; readonly seeds: number });

interface Common {
  readonly mutation: Mutation | undefined;
  readonly failFast: boolean;
}

const OPTIONS = {
  help: { type: 'boolean', short: 'h', default: false },
  seeds: { type: 'string', default: '100' },
  start: { type: 'string', default: '0' },
  seed: { type: 'string' },
  mutation: { type: 'string' },
  'fail-fast': { type: 'boolean', default: false },
  /** `first/step/end`: every step-th seed. */
  part: { type: 'string' },
} as const;

export function optionsOf(args: readonly string[]): Asked {
  try {
    return asked(args);
  } catch (error) {
    if (error instanceof Error) return { kind: 'wrong', why: error.message };
    throw error;
  }
}

function asked(args: readonly string[]): Asked {
  const { values } = parseArgs({ args: [...args], options: OPTIONS });
  if (values.help) return { kind: 'help' };
  const common = { mutation: mutationOf(values.mutation), failFast: values['fail-fast'] };
  if (values.seed !== undefined) return { kind: 'one', seed: natural('--seed', values.seed), ...common };
  if (values.part !== undefined) {
    const [first = 0, step = 1, end = 0] = values.part.split('/').map((part) => natural('--part', part));
    return { kind: 'part', first, step, end, ...common };
  }
  const seeds = natural('--seeds', values.seeds);
  if (seeds === 0) throw new Error('--seeds must be 1 or more');
  return { kind: 'all', start: natural('--start', values.start), seeds, ...common };
}

function natural(option: string, text: string): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(value)) return value;
  throw new Error(`${option} must be a number from 0 on, found "${text}"`);
}

function mutationOf(name: string | undefined): Mutation | undefined {
  if (name === undefined) return undefined;
  const found = MUTATIONS.find((mutation) => mutation.name === name);
  if (found === undefined) throw new Error(`there is no mutation "${name}"; they are in simulation/src/mutations.ts`);
  return found;
}
