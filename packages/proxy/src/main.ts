import { enableCompileCache, flushCompileCache } from 'node:module';
import { parseArgs } from 'node:util';
import type { ProxyPaths } from './proxy.ts';

const USAGE = 'usage: node main.ts --socket PATH --table PATH --lock PATH';

const paths = readPaths(process.argv.slice(2));
if (paths === undefined) {
  console.error(USAGE);
  process.exit(2);
}

// Everything this process makes (sockets, table) is for its own user only.
process.umask(0o077);
// Compiling is most of the start, and every request waits for a proxy that was killed. The cache lies beside the table
// and not in the folder for temporary files, where another user could put code into it.
enableCompileCache(`${paths.table}.cache`);
const { startProxy } = await import('./proxy.ts');
const proxy = await startProxy(paths);
if (proxy === undefined) {
  console.error(`another proxy holds ${paths.lock}; nothing to do`);
  process.exit(0);
}
// Node writes the cache when a process ends in order, which a killed one doesn't.
flushCompileCache();

// A mistake in the handling of one connection must not end all the others.
process.on('uncaughtException', (error) => {
  proxy.plane.stats.unexpected++;
  console.error(error);
});
for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.once(signal, () => {
    void proxy.close().finally(() => process.exit(0));
  });
}

function readPaths(args: readonly string[]): ProxyPaths | undefined {
  try {
    const option = { type: 'string' } as const;
    const { values } = parseArgs({ args: [...args], options: { socket: option, table: option, lock: option } });
    const { socket, table, lock } = values;
    return socket === undefined || table === undefined || lock === undefined ? undefined : { socket, table, lock };
  } catch {
    return undefined;
  }
}
