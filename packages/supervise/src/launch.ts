import { spawn } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openEnvironment } from './environment-file.ts';
import { openForShim } from './life-line.ts';
import type { ProcessSpec } from './model.ts';
import type { SlotFolder, SlotRecord } from './record.ts';
import { MARKER } from './scanned-tree.ts';
import { switchTo } from './switch-user.ts';

const SHIM = fileURLToPath(new URL('./shim.sh', import.meta.url));

/**
 * The command's first stage, already as the service's user: tells its pid, rings the bell, lets go of everything that is
 * not the service's, takes its environment, and becomes the command.
 */
const STAGE = 'echo $$ >&5; echo >&4; exec 4>&- 5>&-; . /proc/self/fd/3; exec 3<&-; exec "$@"';

/**
 * Starts the shim in a session of its own. The life line is held from within the spawn on; `onStarted` runs before this
 * process lets go of its own hold, so that a listener never finds the line loose before the shim has it.
 */
export function launch({ spec, folder, record, marker, onStarted, onError }: Launch): void {
  mkdirSync(dirname(spec.log), { recursive: true });
  using log = holding(openSync(spec.log, 'a', 0o600));
  using environment = holding(openEnvironment(folder.environment, spec.env, spec.user));
  using lifeLine = holding(openForShim(folder.lifeLine));
  const groups = [record.groups.tree, ...record.groups.limits].filter((group) => group !== undefined);
  const stage = ['/bin/sh', '-c', STAGE, 'islet', ...nicely(spec)];
  const child = spawn('/bin/sh', [SHIM, folder.path, ...groups, '--', ...switchTo(spec.user), ...stage], {
    cwd: spec.cwd,
    env: { [MARKER]: marker },
    detached: true,
    stdio: ['ignore', log.fd, log.fd, environment.fd, lifeLine.fd],
  });
  child.once('error', onError);
  child.unref();
  onStarted();
}

/** Not looked up in PATH. Where it is missing, what is in the background has the cgroup's smaller share alone, if any. */
const NICE = '/usr/bin/nice';

/** The disk's priority follows from the processor's, where the kernel knows one. */
function nicely({ argv, background = false }: ProcessSpec): readonly string[] {
  return background && existsSync(NICE) ? [NICE, '-n', '10', ...argv] : argv;
}

function holding(fd: number): Disposable & { readonly fd: number } {
  return { fd, [Symbol.dispose]: () => closeSync(fd) };
}

interface Launch {
  readonly spec: ProcessSpec;
  readonly folder: SlotFolder;
  readonly record: SlotRecord;
  readonly marker: string;
  readonly onStarted: () => void;
  readonly onError: (error: Error) => void;
}
