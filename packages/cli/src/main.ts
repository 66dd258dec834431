#!/usr/bin/env node
import { enableCompileCache } from 'node:module';
import { homedir } from 'node:os';
import { join } from 'node:path';

// Not the default folder, which is below /tmp: compiled code must not lie where another user can put it.
const compiled =
  process.env.NODE_COMPILE_CACHE ?? join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'islet', 'compiled');
enableCompileCache(compiled);
// The control plane and the keeper that are started from here find theirs there too: each is some 20 MB smaller, since it
// need not load what compiles TypeScript.
process.env.NODE_COMPILE_CACHE = compiled;
const { main } = await import('./cli.ts');
const { realContext } = await import('./world.ts');
process.exitCode = await main(process.argv.slice(2), realContext());
