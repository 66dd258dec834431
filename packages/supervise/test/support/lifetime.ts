/**
 * Run as a process of its own, to be killed: starts, stops and forgets a process, once or for ever.
 *
 *   node lifetime.ts FOLDER SYSTEM CWD once|forever
 */
import { join } from 'node:path';
import { openSupervisor, type ProcessSpec } from '../../src/index.ts';

const [folder = '', system = '', cwd = '', times = 'once'] = process.argv.slice(2);
const supervisor = await openSupervisor({ folder, system });
process.stdout.write('open\n');
do {
  for (const name of ['one', 'two']) await supervisor.start(spec(name));
  for (const name of ['one', 'two']) await supervisor.stop(name, { graceMs: 5_000 });
  for (const name of ['one', 'two']) await supervisor.forget(name);
} while (times === 'forever');
await supervisor.close();

function spec(name: string): ProcessSpec {
  return {
    name,
    argv: ['/bin/sh', '-c', `echo $$ >>${name}.pids; exec sleep 1000`],
    cwd,
    env: { PATH: process.env.PATH ?? '' },
    user: undefined,
    log: join(cwd, `${name}.log`),
    limits: { cpu: 1, memoryBytes: 64 * 1024 * 1024 },
  };
}
