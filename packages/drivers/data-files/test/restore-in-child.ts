import { join } from 'node:path';
import { restoreInChild } from '@islet/backup/testing';
import { createFiles, createFilesReader } from '../src/index.ts';

/* A control plane that restores, and is killed at the failpoint in its environment. */
const [root, system] = process.argv.slice(2) as [string, string];
const driver = createFiles({ layout: { state: join(root, 'state'), runtime: join(root, 'runtime') }, system });
await restoreInChild({ root, driver, reader: createFilesReader() });
process.exit(0);
