import { realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Template } from '@islet/spec';
import { accessiblePath, ensureTool, isReachable, missingPrograms, type UnixUser, withRuntime } from '@islet/supervise';
import { listeningPorts } from './listening-ports.ts';
import type { LaunchSpec } from './store/applied.ts';

/** What services of this machine can reach, which is less than what root can. */
export interface Machine {
  /** The folder of a Node.js that every service can run. */
  readonly nodeBin: string;
  /** Copies of programs for every user of this machine. */
  readonly tools: string;
  /** What a service's user finds of a person's `PATH`, the runtime first. */
  servicePath(path: string): string;
  /** Why a service's commands can't run here; each a sentence with its remedy. */
  missingTools(spec: LaunchSpec, path: string): readonly string[];
  /** TCP ports that a process and all below it listen on, in order; none where that can't be told. */
  listeningPorts(pid: number): Promise<readonly number[]>;
}

/** Any user but those that own something: who reaches a file as this one does, reaches it as any service. */
const ANYBODY: UnixUser = { name: 'nobody', uid: 65_534, gid: 65_534 };

const SHARED = '/var/lib/islet';

/** Where a machine's own servers are, whoever started us. */
export const SERVER_PATH = '/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin';

export async function inspectMachine(state: string): Promise<Machine> {
  const user = process.getuid?.() === 0 ? ANYBODY : undefined;
  const tools = user === undefined ? join(state, 'tools') : join(SHARED, 'tools');
  const node = realpathSync(process.execPath);
  const nodeBin = isReachable(node, user)
    ? dirname(node)
    : await ensureTool({ name: 'node', source: node, folder: tools });
  const servicePath = (path: string) => withRuntime(accessiblePath(path, user), nodeBin);
  return {
    nodeBin,
    tools,
    servicePath,
    missingTools: (spec, path) => missingTools(spec, servicePath(path)),
    listeningPorts,
  };
}

/** Where services' files are: below the state folder, unless their users could not get there. */
export function chooseRuntime(state: string, id: string): string {
  const isRoot = process.getuid?.() === 0;
  return isRoot && !isReachable(state, ANYBODY) ? join(SHARED, id) : state;
}

function missingTools({ run }: LaunchSpec, path: string): readonly string[] {
  const commands = [run.build, commandText(run.command)].filter((command) => command !== undefined);
  const missing = new Map(commands.flatMap((command) => missingPrograms(command, path)).map((it) => [it.program, it]));
  return [...missing.values()].map(({ program, hint }) => `${program} is not installed: ${hint}`);
}

/** A command as the shell sees it, with something in the place of each reference. */
export function commandText(command: Template): string {
  return command.map((part) => (typeof part === 'string' ? part : '0')).join('');
}
