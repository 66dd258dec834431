import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { S3Place } from '@islet/backup';
import { endChild } from '../support/child.ts';

const BUCKET = 'backups';
/** What this server takes for its only user's. */
const KEY = 'S3RVER';

/** Storage that speaks S3, in a process and a folder of its own: as far from the system as one machine has it. */
export async function startSecondPlace(): Promise<S3Place & AsyncDisposable> {
  const folder = await mkdtemp(join(tmpdir(), 'islet-bench-s3-'));
  const child = spawn(process.execPath, [join(import.meta.dirname, 's3-main.ts'), folder, BUCKET], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = await once(child.stdout, 'data');
  return {
    bucket: BUCKET,
    prefix: 'islet',
    endpoint: `http://127.0.0.1:${Number(line)}`,
    region: 'us-east-1',
    accessKey: KEY,
    secretKey: KEY,
    [Symbol.asyncDispose]: async () => {
      await endChild(child, 'SIGKILL');
      await rm(folder, { recursive: true, force: true, maxRetries: 10 });
    },
  };
}
