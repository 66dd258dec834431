import { parseArgs } from 'node:util';
import { keeperArgv, listenLife, reviveKeeper, untilDown } from '@islet/keeper/life';
import { type ProxyPaths, startProxy } from './proxy.ts';

const USAGE = 'usage: node main.ts --socket PATH --table PATH --lock PATH [--state DIR]';

const paths = readPaths(process.argv.slice(2));
if (paths === undefined) {
  console.error(USAGE);
  process.exit(2);
}

// Everything this process makes (sockets, table) is for its own user only.
process.umask(0o077);
const life = paths.state && (await listenLife({ state: paths.state, program: 'proxy' }));
if (paths.state !== undefined && life === undefined) {
  console.error('another proxy lives: nothing to do');
  process.exit(0);
}
if (paths.state !== undefined) reviveKeeper({ state: paths.state, argv: keeperArgv(paths.state) });
const proxy = await startProxy(paths);
if (proxy === undefined) {
  console.error(`another proxy holds ${paths.lock}; nothing to do`);
  process.exit(0);
}

// A mistake in the handling of one connection must not end all the others.
process.on('uncaughtException', (error) => {
  proxy.plane.stats.unexpected++;
  console.error(error);
});
const ending = new AbortController();
ending.signal.addEventListener('abort', () => void proxy.close().finally(() => process.exit(0)));
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => ending.abort());
if (paths.state !== undefined) void untilDown(paths.state, ending.signal).then(() => ending.abort());

function readPaths(args: readonly string[]): (ProxyPaths & { readonly state: string | undefined }) | undefined {
  try {
    const option = { type: 'string' } as const;
    const { values } = parseArgs({
      args: [...args],
      options: { socket: option, table: option, lock: option, state: option },
    });
    const { socket, table, lock, state } = values;
    return socket === undefined || table === undefined || lock === undefined
      ? undefined
      : { socket, table, lock, state };
  } catch {
    return undefined;
  }
}
