import { restoreInChild } from '@islet/backup/testing';
import { createMariadbReader } from '../src/index.ts';
import { openWorld, PATH } from './harness.ts';

/* A control plane that restores, and is killed at the failpoint in its environment. */
const [root, system] = process.argv.slice(2) as [string, string];
const { driver } = await openWorld(root, system);
await restoreInChild({ root, driver, reader: createMariadbReader(PATH) });
process.exit(0);
