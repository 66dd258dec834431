import type { z } from 'zod';
import type { Located, LocatedScalar } from './located.ts';
import { type Path, pathText } from './located.ts';
import { own } from './own.ts';
import { slipOf } from './slips.ts';

type Issue = z.core.$ZodIssue;

/** What to do about a value that is wrong: what was probably meant, as it is to be written. */
export function remedyOf(issue: Issue, node: Located, path: Path): string | undefined {
  if (path.length === 0) return 'a file holds keys, each as "key: value"';
  const wanted = issue.code === 'invalid_type' ? issue.expected : undefined;
  switch (node.kind) {
    case 'scalar':
      return scalarRemedy(node, { wanted, issue, path });
    case 'list':
      return wanted === 'string' ? asText(node.items) : undefined;
    case 'map':
      return wanted === 'array' ? asList([...node.entries.keys()], path) : undefined;
  }
}

function scalarRemedy(
  node: LocatedScalar,
  { wanted, issue, path }: { readonly wanted: string | undefined; readonly issue: Issue; readonly path: Path },
): string | undefined {
  if (node.value === null) return 'give it a value, or remove the key';
  const slip = slipOf(issue.message, node);
  if (slip !== undefined) return slip;
  const isText = typeof node.value === 'string';
  const [, min, max] = /^([0-9]+) *(?:-|\.\.+|to) *([0-9]+)$/.exec(node.text) ?? [];
  if (pathText(path) === 'scale.min' && max !== undefined) return `write it as scale: { min: ${min}, max: ${max} }`;
  switch (wanted) {
    case 'string':
      // A rule of its own says what it has to be; quotes would not make it that.
      return issue.message.startsWith('Invalid input') ? `quote it: "${node.text}"` : undefined;
    case 'array':
      return asSection(path, node) ?? `write it as a list: [${node.text}]`;
    case 'object':
      return asSection(path, node) ?? asSecret(path);
    case 'int':
    case 'number':
      if (/^["'][0-9.]+["']$/.test(node.raw)) return 'remove the quotes';
      return isText && OTHER_NOTATION.test(node.text) ? 'write it in plain decimal: 1000' : undefined;
    default:
      return asSection(path, node);
  }
}

/** Numbers as YAML and people have them: 0x10, 0b1, 017, 1e3, 1_000, 1,000. */
const OTHER_NOTATION = /^(0[xob]?[0-9a-f]+|[0-9]+(\.[0-9]+)?e[0-9]+|[0-9]+([_,][0-9]+)+|[0-9]+\.[0-9]*)$/i;

function asList(keys: readonly string[], path: Path): string {
  return path.at(-1) === 'routes'
    ? `write it as a list: [{ match: ${keys[0]}, … }]`
    : `write it as a list: [${keys.join(', ')}]`;
}

/** What nobody may read in the file. */
function asSecret(path: Path): string | undefined {
  const key = String(path.at(-1));
  const isSecret = ['database.url', 'backup.accessKey', 'backup.secretKey'].includes(pathText(path));
  return isSecret ? `keep it in a secret: ${key}: { secret: NAME }` : undefined;
}

/** A command as a list of words is what other tools take. */
function asText(items: readonly Located[]): string | undefined {
  const words = items.flatMap((item) =>
    item.kind === 'scalar' && /^[\w./:=@%+,-]+$/.test(item.text) ? [item.text] : [],
  );
  return words.length === items.length && words.length > 0
    ? `write it in one line: ${words.join(' ')}`
    : 'write it in one line';
}

/** Sections that people write as the one value that matters to them. */
function asSection(path: Path, { text, value }: LocatedScalar): string | undefined {
  // What holds for some routes and callers is written like what holds for all.
  const where = pathText(path).replace(/^traffic\.(callers\.[^.]+\.)?(routes\[[0-9]+\]\.)?/, 'traffic.');
  const name = String(path.at(-1));
  if (SWITCHED_ON.has(where) && (value === true || /^(on|yes)$/i.test(text))) return `write it as ${name}: {}`;
  const key = own(SHORT_FOR, where);
  if (key === undefined || !key.takes(value, text)) return undefined;
  return `write it as ${name}: { ${key.key}: ${text} }`;
}

/** Off unless declared, and on with all of their defaults. */
const SWITCHED_ON: ReadonlySet<string> = new Set(['traffic.hedge', 'traffic.cache', 'traffic.compress']);

const isPath = (_: unknown, text: string) => text.startsWith('/');
const isNumber = (value: unknown) => typeof value === 'number';
const isDuration = (_: unknown, text: string) => /^[0-9]+(ms|s|m)$/.test(text);
const isText = (value: unknown) => typeof value === 'string';

const SHORT_FOR: Readonly<
  Record<string, { readonly key: string; readonly takes: (value: unknown, text: string) => boolean }>
> = {
  run: { key: 'command', takes: isText },
  api: { key: 'expose', takes: isPath },
  health: { key: 'ready', takes: isPath },
  gateway: { key: 'port', takes: isNumber },
  test: { key: 'unit', takes: isText },
  rollout: { key: 'strategy', takes: isText },
  'traffic.rateLimit': { key: 'rps', takes: isNumber },
  'traffic.retry': { key: 'attempts', takes: isNumber },
  'traffic.hedge': { key: 'delay', takes: isDuration },
  'run.resources': { key: 'memory', takes: isText },
  'run.stop': { key: 'grace', takes: isDuration },
  'telemetry.slo.latency': { key: 'p99', takes: isDuration },
};
