import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { resolveProgram } from '@islet/supervise';

/** What the shell's own tools are, and Node's. */
const PROGRAMS =
  'sh env cat chown cp mv rm ln mkdir rmdir ls chmod sed grep sort head tail tr uname dirname basename sleep true false id git node npm';

/** Makes a folder that holds, as links, no other toolchain than Node: a `PATH` as on a machine that lacks them. */
export function makePathWithoutToolchains(folder: string): string {
  mkdirSync(folder, { recursive: true });
  for (const program of PROGRAMS.split(' ')) {
    const found = program === 'node' ? process.execPath : resolveProgram(program, process.env.PATH ?? '');
    if (found === undefined) throw new Error(`this machine has no ${program}`);
    symlinkSync(found, join(folder, program));
  }
  return folder;
}
