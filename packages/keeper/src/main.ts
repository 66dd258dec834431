import { appendFileSync, mkdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { untilDown } from './down.ts';
import { closeInherited } from './inherited.ts';
import { type Command, keepAlive } from './keep-alive.ts';
import { listenLife } from './life.ts';

/*
 * The keeper: keeps a system's control plane and proxy alive, and is kept alive by them (and by systemd, where
 * installed). It decides nothing, so there is nothing in it to fail.
 *
 *   node main.ts --state DIR                            programs from DIR/keeper.json: { programs: { name: argv }, env }
 *   node main.ts --state DIR --program 'name=["argv"]'  programs from the command line
 *
 * It ends when DIR/run/down appears, and on SIGTERM or SIGINT. The programs live on.
 */

interface Programs {
  readonly programs: Readonly<Record<string, readonly string[]>>;
  readonly env: Readonly<Record<string, string>>;
}

async function keep(state: string, read: () => Programs): Promise<void> {
  const names = Object.keys(read().programs);
  const life = await listenLife({ state, program: 'keeper' });
  if (life === undefined) return;
  const stop = new AbortController();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => stop.abort());
  void untilDown(state, stop.signal).then(() => stop.abort());
  const kept = names.map((program) =>
    keepAlive({ state, program, command: () => commandOf(read(), program), signal: stop.signal, report: log(state) }),
  );
  await Promise.all(kept);
  stop.abort();
  await life.close();
}

function commandOf({ programs, env }: Programs, program: string): Command {
  return { argv: programs[program] ?? [], env };
}

function log(state: string): (line: string) => void {
  return (line) => {
    try {
      mkdirSync(join(state, 'logs'), { recursive: true, mode: 0o700 });
      appendFileSync(join(state, 'logs', 'keeper.log'), `${new Date().toISOString()} ${line}\n`, { mode: 0o600 });
    } catch {
      // A full disk must not keep a program from being started again.
    }
  };
}

function programsFrom(state: string, given: readonly string[]): Programs {
  if (given.length === 0) return parsePrograms(readFileSync(join(state, 'keeper.json'), 'utf8'));
  const programs = given.map((text) => {
    const cut = text.indexOf('=');
    return [text.slice(0, cut), JSON.parse(text.slice(cut + 1))];
  });
  return { programs: Object.fromEntries(programs), env: {} };
}

function parsePrograms(text: string): Programs {
  const { programs, env = {} } = JSON.parse(text);
  if (typeof programs === 'object' && Object.values(programs).every(Array.isArray)) return { programs, env };
  throw new Error('keeper.json must hold { "programs": { "<name>": ["<program>", "<argument>", …] } }');
}

try {
  closeInherited();
  const options = { state: { type: 'string' }, program: { type: 'string', multiple: true } } as const;
  const { values } = parseArgs({ options });
  if (values.state === undefined) throw new Error('--state DIR is required');
  const state = resolve(values.state);
  await keep(state, () => programsFrom(state, values.program ?? []));
} catch (error) {
  process.stderr.write(`islet keeper: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
