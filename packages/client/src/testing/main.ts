import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { isAlive } from '../process.ts';
import { startFake } from './fake-control-plane.ts';
import { aStatus } from './statuses.ts';

/** A process that stands where the control plane does. `FAKE_MODE` says how it misbehaves. */
const { values } = parseArgs({
  options: { folder: { type: 'string' }, state: { type: 'string' }, once: { type: 'boolean' } },
});
const mode = process.env.FAKE_MODE;

if (mode === 'crash') {
  process.stderr.write('first line of trouble\nlast line of trouble\n');
  process.exit(7);
}
const state = values.state ?? '';
if (!values.once) lockOrEnd(join(state, 'lock'));
const status = aStatus([], {
  folder: values.folder ?? '',
  version: process.env.FAKE_VERSION ?? '0.1.0',
  processes: { controlPlane: { pid: process.pid, startedAt: 0 } },
});
const fake = await startFake({
  status,
  ...(values.once ? {} : { stateFolder: state }),
  answers: {
    logs: async function* silence() {
      await new Promise(() => {});
      yield;
    },
    apply: () => ({ revision: 1, changed: false, warnings: [] }),
    down: () => {
      rmSync(join(state, 'control.json'), { force: true });
      setImmediate(() => process.exit(0));
      return { revision: 2, changed: true, warnings: [] };
    },
  },
});
if (values.once) {
  process.stdout.write(`${JSON.stringify({ url: fake.url, token: fake.token })}\n`);
  process.stdin.resume().on('end', () => process.exit(0));
}

/** One control plane a state folder. */
function lockOrEnd(path: string): void {
  try {
    mkdirSync(state, { recursive: true });
    writeFileSync(path, String(process.pid), { flag: 'wx' });
  } catch {
    if (isAlive(Number(readFileSync(path, 'utf8')))) process.exit(0);
    writeFileSync(path, String(process.pid));
  }
}
