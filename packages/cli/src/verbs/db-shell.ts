import type { QueryAnswer } from '@islet/client';
import { type Context, writeJson, writeLines } from '../context.ts';
import { statements } from '../database/prompt.ts';
import { isThere, shellTool } from '../database/tools.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { renderRows, rowsAsObjects } from '../render/rows.ts';
import { runCommand, terminalVariables } from '../run-as-service.ts';
import { openSession, type Session } from '../session.ts';

export interface ShellVerbOptions {
  readonly command?: string;
  readonly write?: true;
  readonly redis?: true;
  readonly json?: true;
  readonly state?: string;
}

export async function run(
  context: Context,
  service: string,
  folder: string | undefined,
  options: ShellVerbOptions,
): Promise<ExitCode> {
  await using session = await openSession(context, { folder, state: options.state }, 'never');
  const query = queryIn(context, session, { service, options });
  if (options.command !== undefined) return query(options.command);
  const access = await session.client.database(
    { service, ...(options.redis && { store: 'redis' }) },
    { signal: context.signal },
  );
  const tool = shellTool(access, options.write === true);
  const isTerminal = context.stdin.isTTY === true && context.stdout.terminal !== undefined;
  if (isTerminal && !options.json && tool !== undefined && isThere(tool.argv[0], context.env.PATH)) {
    const env = {
      PATH: context.env.PATH ?? '',
      HOME: context.env.HOME ?? '/',
      ...terminalVariables(context),
      ...tool.env,
    };
    return runCommand(tool.argv, { env });
  }
  let code: ExitCode = EXIT.ok;
  for await (const statement of statements(context, service)) {
    const outcome = await query(statement);
    // Typed at a terminal, a slip is seen; from a script it must not be lost among what follows.
    if (outcome !== EXIT.ok && !isTerminal) return outcome;
    code = outcome;
  }
  return isTerminal ? EXIT.ok : code;
}

function queryIn(
  context: Context,
  { client }: Session,
  { service, options: { write, redis, json } }: { readonly service: string; readonly options: ShellVerbOptions },
): (text: string) => Promise<ExitCode> {
  return async (text) => {
    const answer = await client.query(
      { service, text, write: write === true, ...(redis && { store: 'redis' as const }) },
      { signal: context.signal },
    );
    show(context, answer, json === true);
    return answer.kind === 'failed' ? EXIT.failed : EXIT.ok;
  };
}

function show({ stdout, stderr }: Context, answer: QueryAnswer, json: boolean): void {
  if (answer.kind === 'failed') writeLines(stderr, [`${stderr.colours.red('error:')} ${answer.reason}`]);
  else if (json) writeJson(stdout, answer.kind === 'rows' ? rowsAsObjects(answer) : answer);
  else writeLines(stdout, answer.kind === 'rows' ? renderRows(answer, stdout.terminal?.columns) : [answer.text]);
}
