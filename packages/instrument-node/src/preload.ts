import { createRequire, syncBuiltinESMExports } from 'node:module';
import { isMainThread } from 'node:worker_threads';
import { standAside } from './stand-aside.ts';
import { tellOnce } from './tell-once.ts';
import { trace } from './trace.ts';

/*
 * Loaded into every process of a Node service before the service itself. Whatever goes wrong here must not be felt there: it
 * is told once, and the service runs on untraced.
 */
try {
  const { argv, env } = process;
  if (standAside({ isMainThread, script: argv[1], cwd: process.cwd(), env }) === undefined) {
    trace(createRequire(`${process.cwd()}/`));
    // Named imports of the runtime's own modules were bound before those were changed.
    syncBuiltinESMExports();
  }
} catch (error) {
  tellOnce('this service is not traced', error);
}
