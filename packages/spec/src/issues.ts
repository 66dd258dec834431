import type { z } from 'zod';
import type { Rule, SpecError } from './errors.ts';
import { keyPlaceAt, type Located, nodeAt, type Path, pathText, placeAt, writtenPath } from './located.ts';
import type { Place } from './model.ts';
import { nearMiss } from './near-misses.ts';
import { didYouMean } from './nearest.ts';
import { own } from './own.ts';
import { remedyOf } from './remedy.ts';
import { keysAt } from './schema/walk.ts';

type Issue = z.core.$ZodIssue;

/**
 * What an issue of the schema says in the words of the file: its errors, and what must go for the rest to be checked.
 */
export interface Finding {
  readonly error: SpecError;
  readonly drop: Path;
}

export interface Checking {
  readonly schema: z.core.$ZodType;
  readonly tree: Located;
  /** The path as the reader of that place should see it: overlays have a longer one. */
  readonly pathOf: (place: Place, path: Path) => string;
}

export function findingsOf(issue: Issue, checking: Checking): readonly Finding[] {
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => unknownKey([...issue.path, key], checking));
    case 'invalid_union':
      return branchOf(issue).flatMap((inner) => findingsOf(inner, checking));
    case 'invalid_key':
      return [badKey(issue, checking)];
    case 'invalid_type':
      if (nodeAt(checking.tree, issue.path) === undefined) return [missing(issue, checking)];
      return [bad(issue, checking, 'type', ruleOf(issue) ?? `expected ${expectedWords(issue)}`)];
    case 'invalid_value':
      return [badValue(issue, checking)];
    case 'too_small':
    case 'too_big':
      return [bad(issue, checking, 'value', sizeWords(issue))];
    case 'custom':
      return [custom(issue, checking)];
    default:
      return [bad(issue, checking, 'value', issue.message)];
  }
}

function finding(checking: Checking, path: Path, error: Omit<SpecError, 'place' | 'path'>, place: Place): Finding {
  return { drop: path, error: { place, path: checking.pathOf(place, writtenPath(checking.tree, path)), ...error } };
}

function unknownKey(path: Path, checking: Checking): Finding {
  const key = String(path.at(-1));
  const known = keysAt(checking.schema, path.slice(0, -1));
  const written = pathText(path).replace(/\[\d+\]/g, '');
  const isOfSystem = keysAt(checking.schema, []).includes('system');
  const hint =
    nearMiss(written, isOfSystem ? 'system' : 'service') ?? didYouMean(key, known) ?? `there is ${known.join(', ')}`;
  const error = { rule: 'unknown-key', message: `unknown key "${key}"`, found: key, hint } as const;
  return finding(checking, path, error, keyPlaceAt(checking.tree, path));
}

function missing(issue: Issue, checking: Checking): Finding {
  const path = pathText(issue.path);
  const key = String(issue.path.at(-1));
  const hint = own(HOW_TO, path);
  const error = { rule: 'required', message: `"${key}" is required`, found: undefined, hint } as const;
  return finding(checking, issue.path, error, placeAt(checking.tree, issue.path));
}

const HOW_TO: Readonly<Record<string, string>> = {
  run: 'say how the service is started: run: { command: … }',
  'run.command': 'say how the service is started: command: …',
  system: 'name the system: system: shop',
};

function badKey(issue: Extract<Issue, { code: 'invalid_key' }>, checking: Checking): Finding {
  const message = issue.issues[0]?.message ?? issue.message;
  const error = { rule: 'value', message, found: String(issue.path.at(-1)), hint: undefined } as const;
  return finding(checking, issue.path, error, keyPlaceAt(checking.tree, issue.path));
}

function badValue(issue: Extract<Issue, { code: 'invalid_value' }>, checking: Checking): Finding {
  const node = nodeAt(checking.tree, issue.path);
  const values = issue.values.map(String);
  const text = node?.kind === 'scalar' ? node.text : '';
  const near = own(OTHER_NAMES, text.toLowerCase()) ?? didYouMean(text, values);
  const isType = node?.kind !== 'scalar' || node.value === null;
  return bad(issue, checking, isType ? 'type' : 'value', `must be ${orList(values)}`, near);
}

const OTHER_NAMES: Readonly<Record<string, string>> = {
  mysql: 'mariadb speaks its protocol: engine: mariadb',
  redis: 'write it as redis, beside database',
  valkey: 'write it as redis, beside database',
};

function custom(issue: Extract<Issue, { code: 'custom' }>, checking: Checking): Finding {
  if (issue.params === undefined) return bad(issue, checking, 'value', issue.message);
  const { rule, hint } = issue.params as { rule?: Rule; hint?: string };
  const node = nodeAt(checking.tree, issue.path);
  const isSection = node === undefined || node.kind !== 'scalar';
  const error = {
    rule: rule ?? 'value',
    message: issue.message,
    found: isSection ? undefined : foundWords(node),
    hint,
  } as const;
  const place = isSection ? keyPlaceAt(checking.tree, issue.path) : node.place;
  return finding(checking, issue.path, error, place);
}

/** `${message}, found ${what stands there}`, at the value. */
function bad(issue: Issue, checking: Checking, rule: Rule, message: string, hint?: string): Finding {
  const node = nodeAt(checking.tree, issue.path);
  const found = node === undefined ? undefined : foundWords(node);
  const error = {
    rule: node?.kind === 'scalar' && node.value === null ? 'type' : rule,
    message: found === undefined ? message : `${message}; found ${found}`,
    found,
    hint: hint ?? (node && remedyOf(issue, node, issue.path)),
  } as const;
  return finding(checking, issue.path, error, placeAt(checking.tree, issue.path));
}

/** The schema's own sentence, where it has one. */
function ruleOf({ message }: Issue): string | undefined {
  return message.startsWith('Invalid input') ? undefined : message;
}

/** The branch of a union that was meant: the one whose complaint is not about the kind of the whole value. */
function branchOf(issue: Extract<Issue, { code: 'invalid_union' }>): readonly Issue[] {
  const meant = issue.errors.find((branch) => branch.some((inner) => inner.path.length > 0));
  if (meant === undefined) return [{ ...issue, code: 'custom', message: issue.message } as Issue].map(asFormat);
  return meant.map((inner) => ({ ...inner, path: [...issue.path, ...inner.path] }));
}

function asFormat(issue: Issue): Issue {
  return { ...issue, code: 'invalid_format', format: 'regex' } as Issue;
}

function expectedWords(issue: Extract<Issue, { code: 'invalid_type' }>): string {
  const words: Readonly<Record<string, string>> = {
    string: 'text',
    number: 'a number',
    int: 'a whole number',
    boolean: 'true or false',
    array: 'a list',
    object: 'a section of keys',
    record: 'a section of keys',
  };
  return own(words, issue.expected) ?? issue.expected;
}

function sizeWords(issue: Extract<Issue, { code: 'too_small' | 'too_big' }>): string {
  const isSmall = issue.code === 'too_small';
  const bound = isSmall ? issue.minimum : issue.maximum;
  if (issue.origin === 'array') return `the list needs ${isSmall ? 'at least' : 'at most'} ${bound}`;
  return `must be ${isSmall ? (issue.inclusive ? 'at least' : 'more than') : 'at most'} ${bound}`;
}

function foundWords(node: Located): string {
  if (node.kind === 'list') return 'a list';
  if (node.kind === 'map') return 'a section of keys';
  if (node.value === null) return 'nothing';
  return typeof node.value === 'string' ? `"${shortened(node.text)}"` : node.text;
}

function shortened(text: string): string {
  const line = text.split('\n')[0] ?? '';
  return line.length > 60 || line !== text ? `${line.slice(0, 60)}…` : line;
}

function orList(words: readonly string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`;
}
