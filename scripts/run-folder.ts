import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { chmodSync, mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { ROOT } from './repository.ts';

/*
 * A system outlives who started it: so would those of tests whose runner is killed. They can't be told by their parents,
 * nor by their environment, which a service gets anew. So all that a run of tests makes lies in folders of that run, which
 * show in what its processes were started with; and a process in a session of its own, which signals to the runner's group
 * don't reach, waits for the runner's end, whatever the end is. Then it ends what names these folders, and removes them.
 */

export interface RunFolder {
  /** For whatever is to belong to the run. */
  readonly env: Readonly<Record<'TMPDIR' | 'ISLET_TEST_FOLDER', string>>;
  /** Ends all that still runs, and gives back a line for each such process. */
  close(): Promise<readonly string[]>;
}

export function openRunFolder(): RunFolder {
  const name = `islet-run-${randomUUID().slice(0, 8)}`;
  // Where faults are made, a file must reach a disk: the temporary folder may be in memory.
  const env = {
    TMPDIR: join(tmpdir(), name),
    ISLET_TEST_FOLDER: join(process.env.ISLET_TEST_FOLDER ?? '/var/tmp', name),
  };
  for (const folder of Object.values(env)) {
    mkdirSync(folder, { recursive: true });
    // As the one that it stands for: services have users of their own.
    chmodSync(folder, 0o1777);
  }
  const argv = [join(ROOT, 'scripts/left-behind.ts'), ...Object.values(env)];
  const keeper = spawn(process.execPath, argv, { detached: true, stdio: ['pipe', 'pipe', 'inherit'] });
  keeper.unref();
  let closed: Promise<readonly string[]> | undefined;
  return { env, close: () => (closed ??= close(keeper)) };
}

async function close(keeper: ChildProcess): Promise<readonly string[]> {
  if (keeper.stdin === null || keeper.stdout === null) return [];
  keeper.ref();
  const ended = once(keeper, 'exit');
  keeper.stdin.end();
  const said = await text(keeper.stdout);
  await ended;
  return said.split('\n').filter(Boolean);
}
