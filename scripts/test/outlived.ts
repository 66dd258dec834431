import { spawn } from 'node:child_process';
import { openRunFolder } from '../run-folder.ts';

/*
 * A runner in small: starts a process that would outlive it, with nothing of its environment, and prints its pid and the
 * folders of the run; then waits to be ended, or, told `close`, closes the run and prints what was left.
 */

const folder = openRunFolder();
const child = spawn('sleep', ['600'], { cwd: folder.env.TMPDIR, env: {}, detached: true, stdio: 'ignore' });
process.stdout.write(`${JSON.stringify({ pid: child.pid, folders: Object.values(folder.env) })}\n`);
if (process.argv[2] === 'close') process.stdout.write(`${(await folder.close()).join('\n')}\n`);
