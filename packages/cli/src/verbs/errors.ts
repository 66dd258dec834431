import { type Context, writeJson, writeLines } from '../context.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { UsageError } from '../failures.ts';
import { renderErrorGroup, renderErrorGroups } from '../render/errors.ts';
import { openSession, type Session } from '../session.ts';

interface Options {
  readonly all?: true;
  readonly resolve?: true;
  readonly ignore?: true;
  readonly reopen?: true;
  readonly json?: true;
  readonly state?: string;
}

/** A fingerprint. A service whose name is twelve hexadecimal digits would be taken for one. */
const GROUP = /^[0-9a-f]{12}$/;
const MARKS = { resolve: 'resolved', ignore: 'ignored', reopen: 'open' } as const;

export async function run(
  context: Context,
  what: string | undefined,
  folder: string | undefined,
  options: Options,
): Promise<ExitCode> {
  const marks = (Object.keys(MARKS) as (keyof typeof MARKS)[]).filter((mark) => options[mark] === true);
  if (marks.length > 1) throw new UsageError(`--${marks.join(' and --')} exclude each other`, 'give one of them');
  const [mark] = marks;
  const group = what !== undefined && GROUP.test(what) ? what : undefined;
  if (mark !== undefined && group === undefined) {
    throw new UsageError(`--${mark} needs the id of a group`, '`islet errors` shows them');
  }
  await using session = await openSession(context, { folder, state: options.state }, 'never');
  if (group === undefined) return list(context, session, { ...options, service: what });

  const { client } = session;
  const calling = { signal: context.signal };
  if (mark !== undefined) await client.markErrorGroup({ group, state: MARKS[mark] }, calling);
  const found = await client.errorGroup({ group }, calling);
  const { stdout } = context;
  if (options.json) writeJson(stdout, found);
  else writeLines(stdout, renderErrorGroup(found, { columns: stdout.terminal?.columns, colours: stdout.colours }));
  return EXIT.ok;
}

async function list(
  context: Context,
  { client }: Session,
  { service, all, json }: Options & { readonly service: string | undefined },
): Promise<ExitCode> {
  const every = await client.errorGroups({ service }, { signal: context.signal });
  const isOpen = ({ state }: { readonly state: string }) => state === 'open' || state === 'regressed';
  const groups = every.filter((group) => all === true || isOpen(group));
  const { stdout } = context;
  if (json) writeJson(stdout, groups);
  else if (groups.length === 0) writeLines(stdout, ['Nothing is thrown that is not resolved or ignored.']);
  else writeLines(stdout, renderErrorGroups(groups, { columns: stdout.terminal?.columns, colours: stdout.colours }));
  return groups.some(isOpen) ? EXIT.failed : EXIT.ok;
}
