/** Run as a process of its own, to be killed in the middle of a build. The build tells its pid in its log. */
import { dirname } from 'node:path';
import { openSupervisor } from '@islet/supervise';
import { createProcessCompute } from '../../src/index.ts';

const [state = '', runtime = '', system = '', folder = ''] = process.argv.slice(2);
const supervisor = await openSupervisor({ folder: `${state}/processes`, system });
const nodeBin = dirname(process.execPath);
const driver = await createProcessCompute({ layout: { state, runtime }, system, supervisor, nodeBin });
const request = {
  service: 'a',
  revision: 'r1',
  folder,
  inputs: [folder],
  inPlace: false,
  named: undefined,
  deadlineMs: 60_000,
};
const command = 'echo half >out; echo $$; exec sleep 1000';
await driver.build({ ...request, command, path: '/usr/bin:/bin' }, { signal: AbortSignal.timeout(60_000) });
