import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Contract } from '@islet/client';
import { parseSystem } from '@islet/spec';
import { nodeFiles } from '@islet/spec/node';
import { installHint, programsOf, resolveProgram } from '@islet/supervise';
import type { z } from 'zod';
import { developmentNotes } from '../development/gateway.ts';
import { commandText } from '../machine.ts';
import type { System } from '../system.ts';

type Diagnosis = z.infer<Contract['diagnose']['response']>;

/** What this machine has and lacks for this system. */
export async function diagnose(system: System): Promise<Diagnosis> {
  const { machine, guarantees, state } = system.parts;
  const applied = state.applied.current();
  const path = machine.servicePath(applied?.path ?? process.env.PATH ?? '');
  const users = programsInUse(system.parts.folder);
  const toolchains = [...users].map(([program, neededBy]) => toolchain(program, neededBy, path));
  return {
    guarantees: guarantees().map(({ name, held, reason }) =>
      reason === undefined ? { name, held } : { name, held, reason },
    ),
    toolchains: await Promise.all(toolchains),
    notes: [
      `services run with PATH=${path}`,
      `their files are in ${join(state.layout.runtime, 'services')}`,
      ...(applied === undefined ? [] : developmentNotes(applied.gateway)),
    ],
  };
}

function programsInUse(folder: string): Map<string, string[]> {
  const parsed = parseSystem(nodeFiles(folder), {});
  const users = new Map<string, string[]>();
  if (parsed.kind === 'errors') return users;
  for (const { name, run } of parsed.spec.services) {
    const commands = [run.build, commandText(run.command)].filter((command) => command !== undefined);
    for (const program of new Set(commands.flatMap(programsOf)))
      users.set(program, [...(users.get(program) ?? []), name]);
  }
  return users;
}

async function toolchain(
  program: string,
  neededBy: readonly string[],
  path: string,
): Promise<Diagnosis['toolchains'][number]> {
  const found = resolveProgram(program, path);
  if (found === undefined) return { program, neededBy: [...neededBy], hint: installHint(program) };
  const version = await versionOf(found);
  return { program, path: found, neededBy: [...neededBy], ...(version === undefined ? {} : { version }) };
}

/** The first line that `--version` (or `version`, as go has it) prints. */
async function versionOf(program: string): Promise<string | undefined> {
  for (const argument of ['--version', 'version']) {
    const output = await promisify(execFile)(program, [argument], { timeout: 5_000 }).catch(() => undefined);
    const line = (output?.stdout || output?.stderr)?.split('\n')[0]?.trim();
    if (line) return line;
  }
  return undefined;
}
