import { enableCompileCache, flushCompileCache } from 'node:module';
import { parseArgs } from 'node:util';
import { closeInherited, keeperArgv, listenLife, reviveKeeper, untilDown } from '@islet/keeper/life';
import { inlineMore } from './compiler.ts';

const USAGE = 'usage: node main.ts --state DIR --socket PATH --table PATH [--kept]';

const options = readOptions(process.argv.slice(2));
if (options === undefined) {
  console.error(USAGE);
  process.exit(2);
}
const { state, kept, paths } = options;

// Everything this process makes (sockets, table) is for its own user only.
process.umask(0o077);
closeInherited();
const life = await listenLife({ state, program: 'proxy' });
if (life === undefined) {
  console.error(`another proxy of ${state} lives: nothing to do`);
  process.exit(0);
}
if (kept) reviveKeeper({ state, argv: keeperArgv(state) });

inlineMore();
// Compiling is most of the start, and every request waits for a proxy that was killed. The cache lies beside the table
// and not in the folder for temporary files, where another user could put code into it.
enableCompileCache(`${paths.table}.cache`);
const { startProxy } = await import('./proxy.ts');
const proxy = await startProxy(paths);
// Node writes the cache when a process ends in order, which a killed one doesn't.
flushCompileCache();

// A mistake in the handling of one connection must not end all the others.
process.on('uncaughtException', (error) => {
  proxy.fleet.main.stats.unexpected++;
  console.error(error);
});
proxy.fleet.on('unexpected', (text) => console.error(text));
const ending = new AbortController();
ending.signal.addEventListener('abort', () => {
  void proxy
    .close()
    .then(() => life.close())
    .finally(() => process.exit(0));
});
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => ending.abort());
if (kept) void untilDown(state, ending.signal).then(() => ending.abort());

interface Options {
  readonly state: string;
  /** By a keeper, which this process then keeps alive in turn. */
  readonly kept: boolean;
  readonly paths: { readonly socket: string; readonly table: string };
}

function readOptions(args: readonly string[]): Options | undefined {
  try {
    const option = { type: 'string' } as const;
    const known = { socket: option, table: option, state: option, kept: { type: 'boolean', default: false } } as const;
    const { socket, table, state, kept } = parseArgs({ args: [...args], options: known }).values;
    if (state === undefined || socket === undefined || table === undefined) return undefined;
    return { state, kept, paths: { socket, table } };
  } catch {
    return undefined;
  }
}
