/** A control plane that provisions and migrates one service, renames its store and back, and is killed at the failpoint in its environment. */
import { openWorld, patience } from './harness.ts';

const [root, system, service, folder] = process.argv.slice(2) as [string, string, string, string];
const world = await openWorld(root, system);
await world.driver.provision({ service, url: undefined }, patience());
await world.driver.migrate({ service, folder }, patience());
await world.driver.stop({ service }, patience());
await world.driver.backups!.rename({ service, to: `aside.${service}` }, patience());
await world.driver.backups!.rename({ service: `aside.${service}`, to: service }, patience());
await world.driver.purge({ service }, patience());
