import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import { type Context, writeLines } from '../context.ts';
import { dumpTool, isThere, type Tool } from '../database/tools.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { UsageError } from '../failures.ts';
import { openSession } from '../session.ts';

export async function run(
  context: Context,
  service: string,
  folder: string | undefined,
  options: { readonly output?: string; readonly state?: string },
): Promise<ExitCode> {
  await using session = await openSession(context, { folder, state: options.state }, 'never');
  const access = await session.client.database({ service }, { signal: context.signal });
  const tool = dumpTool(access);
  if (tool === undefined)
    throw new UsageError(
      `the engine ${access.engine} has no tool that Islet knows`,
      '`islet db url` prints its address',
    );
  const [program] = tool.argv;
  if (!isThere(program, context.env.PATH)) {
    writeLines(context.stderr, [`this machine has no ${program}: apt-get install ${tool.package}`]);
    return EXIT.blocked;
  }
  return options.output === undefined
    ? dump(context, tool, undefined)
    : dumpToFile(context, tool, resolve(context.cwd, options.output));
}

const SAID_AT_MOST = 4_000;

/** Whole or not at all: half a dump under the name that was asked for would be taken for one. */
async function dumpToFile(context: Context, tool: Tool, file: string): Promise<ExitCode> {
  const draft = `${file}.part`;
  try {
    const code = await dump(context, tool, draft);
    if (code === EXIT.ok) await rename(draft, file);
    return code;
  } finally {
    await rm(draft, { force: true });
  }
}

async function dump(
  { env, stdout, stderr, signal }: Context,
  { argv, env: own }: Tool,
  file: string | undefined,
): Promise<ExitCode> {
  const [program, ...words] = argv;
  const child = spawn(program, words, {
    env: { PATH: env.PATH ?? '', ...own },
    stdio: ['ignore', 'pipe', 'pipe'],
    signal,
  });
  const ended = once(child, 'close') as Promise<[number | null]>;
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => {
    said = `${said}${chunk}`.slice(-SAID_AT_MOST);
    stderr.write(chunk);
  });
  if (file === undefined) for await (const chunk of child.stdout) stdout.write(chunk as Buffer);
  else {
    const target = createWriteStream(file, { mode: 0o600 });
    child.stdout.pipe(target);
    await once(target, 'finish');
  }
  const [code] = await ended;
  if (code === 0) return EXIT.ok;
  // PostgreSQL's tool takes no server that is newer than itself, and Debian's is older than the server that Islet brings.
  const [, server] = /server version: ([0-9]+)/.exec(said) ?? [];
  if (!said.includes('version mismatch') || server === undefined) return EXIT.failed;
  writeLines(stderr, [
    `the ${program} of this machine is older than the server: install postgresql-client-${server} (https://apt.postgresql.org)`,
    'a copy that needs no tool is `islet backup now`; `islet restore --as` makes it a database of its own',
  ]);
  return EXIT.blocked;
}
