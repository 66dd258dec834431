import type { Reference, Template } from './model.ts';
import { didYouMean } from './nearest.ts';

/**
 * Splits `${…}` references out of a command or a variable's value.
 *
 * Two languages meet in a command: ours and the shell's, and both write `${…}`. What begins with a lower-case letter is
 * ours, so that a slip in a reference is an error and never an empty text at run time; what begins with anything else
 * (`${HOME}`, `${PORT:-80}`, `${#list}`, `${1}`) is the shell's, and passes through untouched, what is inside it
 * included, where a reference may stand again. `$NAME` without braces is always the shell's.
 *
 * A variable's value is read by no shell: `${HOME}` in it would reach the service as these seven characters, which
 * nobody means, so it is an error there. `$${` stands for `${` in both.
 */
export interface ParsedTemplate {
  readonly template: Template;
  /** Every reference with its text and its number among the `${` of the source, escaped ones included. */
  readonly references: readonly { readonly text: string; readonly nth: number; readonly reference: Reference }[];
  readonly problems: readonly TemplateProblem[];
}

export interface TemplateProblem {
  readonly text: string;
  readonly nth: number;
  readonly message: string;
  readonly hint: string | undefined;
}

/** What may be referred to. */
export interface Scope {
  /** Undefined: no database is declared. */
  readonly engine: 'postgres' | 'mariadb' | 'sqlite' | 'external' | undefined;
  readonly hasRedis: boolean;
  readonly volumes: readonly string[];
  readonly uses: readonly string[];
  /** A shell reads the result. */
  readonly isCommand: boolean;
}

export function parseTemplate(source: string, scope: Scope): ParsedTemplate {
  const template: (string | Reference)[] = [];
  const references: { text: string; nth: number; reference: Reference }[] = [];
  const problems: TemplateProblem[] = [];
  let literal = '';
  let from = 0;

  for (const [nth, opening] of [...source.matchAll(OPENING)].entries()) {
    literal += source.slice(from, opening.index);
    from = opening.index + opening[0].length;
    if (opening[0] === ESCAPED) {
      literal += OPEN;
      continue;
    }
    const closing = source.indexOf('}', from);
    const inside = closing < 0 ? source.slice(from) : source.slice(from, closing);
    const text = closing < 0 ? `\${${inside}` : `\${${inside}}`;
    if (scope.isCommand && !/^[a-z]/.test(inside)) {
      literal += OPEN;
      continue;
    }
    if (closing < 0) {
      problems.push({ text, nth, message: `"${text}" is never closed`, hint: 'close it with "}"' });
      continue;
    }
    from = closing + 1;
    const reference = referenceOf(inside, scope);
    if (reference.kind === 'problem') {
      problems.push({ text, nth, message: reference.message, hint: reference.hint });
      continue;
    }
    references.push({ text, nth, reference });
    if (literal !== '') template.push(literal);
    template.push(reference);
    literal = '';
  }
  literal += source.slice(from);
  if (literal !== '' || template.length === 0) template.push(literal);
  return { template, references, problems };
}

/** A template as it would be written. */
export function templateText(template: Template): string {
  return template.map((part) => (typeof part === 'string' ? part : `\${${referenceText(part)}}`)).join('');
}

function referenceText(reference: Reference): string {
  switch (reference.kind) {
    case 'own':
      return reference.name;
    case 'database':
      return `database.${reference.part}`;
    case 'redis':
      return `redis.${reference.part}`;
    case 'volumes':
      return `volumes.${reference.name}`;
    case 'uses':
      return `uses.${reference.service}.${reference.part}`;
  }
}

const OPEN = `\${`;
const ESCAPED = `$${OPEN}`;
const OPENING = /\$\$\{|\$\{/g;
const OWN = ['port', 'host', 'instance', 'revision', 'service'] as const;
const SERVER_PARTS = ['url', 'host', 'port', 'user', 'password', 'name'] as const;
const FILE_PARTS = ['url', 'path'] as const;
const REDIS_PARTS = ['url', 'host', 'port', 'user', 'password'] as const;
const USES_PARTS = ['url', 'address', 'host', 'port'] as const;

interface Problem {
  readonly kind: 'problem';
  readonly message: string;
  readonly hint: string | undefined;
}

function referenceOf(text: string, scope: Scope): Reference | Problem {
  const known = inScope(scope);
  const found = known.get(text);
  if (found !== undefined) return found;
  const [head = '', second = ''] = text.split('.');
  if (head === 'database' && scope.engine === undefined) {
    return problem(text, 'the service declares no database', 'declare one: database: postgres');
  }
  if (head === 'redis' && !scope.hasRedis) {
    return problem(text, 'the service declares no Redis', 'declare one: redis: cache');
  }
  if (head === 'volumes' && second !== '') {
    const near = didYouMean(second, scope.volumes) ?? `add it: volumes: [${[...scope.volumes, second].join(', ')}]`;
    return problem(text, `"${second}" is not in volumes`, near);
  }
  if (head === 'uses' && second !== '' && !scope.uses.includes(second)) {
    const near = didYouMean(second, scope.uses);
    return problem(text, `"${second}" is not in uses`, near ?? `add it: uses: [${[...scope.uses, second].join(', ')}]`);
  }
  if (/[^A-Za-z0-9._-]/.test(text) || /^[^a-z]/.test(text)) {
    const shell = scope.isCommand
      ? `write $\${${text}} for the shell's own variable`
      : `no shell reads this value; write $\${${text}} for the text itself`;
    return problem(text, 'this is not a reference', shell);
  }
  if (head === 'database' && [...SERVER_PARTS, ...FILE_PARTS].some((part) => part === second)) {
    const parts = [...known.keys()].filter((name) => name.startsWith('database.'));
    return problem(text, `a database of engine ${scope.engine} has no ${second}`, `there is ${parts.join(', ')}`);
  }
  const inGroup = [...known.keys()].filter((name) => name.startsWith(`${head}.`));
  const group = inGroup.length > 0 ? inGroup : [...known.keys()];
  return problem(text, 'unknown reference', didYouMean(text, known.keys()) ?? `there is ${group.join(', ')}`);
}

function problem(text: string, message: string, hint: string): Problem {
  return { kind: 'problem', message: `"\${${text}}": ${message}`, hint };
}

/** Everything that may be written here, by its text. */
function inScope({ engine, hasRedis, volumes, uses }: Scope): ReadonlyMap<string, Reference> {
  const known = new Map<string, Reference>();
  for (const name of OWN) known.set(name, { kind: 'own', name });
  const parts = engine === undefined ? [] : engine === 'sqlite' ? FILE_PARTS : SERVER_PARTS;
  for (const part of parts) known.set(`database.${part}`, { kind: 'database', part });
  for (const part of hasRedis ? REDIS_PARTS : []) known.set(`redis.${part}`, { kind: 'redis', part });
  for (const name of volumes) known.set(`volumes.${name}`, { kind: 'volumes', name });
  for (const service of uses) {
    for (const part of USES_PARTS) known.set(`uses.${service}.${part}`, { kind: 'uses', service, part });
  }
  return known;
}
