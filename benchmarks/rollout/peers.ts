import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Context } from '../context.ts';
import type { Figure } from '../measure/claim.ts';
import { medianFigure } from '../measure/claim.ts';
import { answers, until } from '../support/poll.ts';
import { freePort } from '../support/shop.ts';
import { startLoad } from './load.ts';

const SERVICE = fileURLToPath(new URL('./system/services/web', import.meta.url));
const CONNECTIONS = 16;

/** What the same service loses where others replace it: requests that failed, of at least so many. */
export async function peers(context: Context, requests: number): Promise<Readonly<Record<string, Figure>>> {
  const folder = await mkdtemp(join(tmpdir(), 'islet-bench-peers-'));
  try {
    await cp(SERVICE, folder, { recursive: true });
    const pm2 = await context.pm2();
    return {
      [pm2.name]: await byPm2(folder, context, requests),
      'stop-start': await byStopStart(folder, context, requests),
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function byPm2(folder: string, { pm2: getPm2, progress, signal }: Context, requests: number): Promise<Figure> {
  progress('pm2 reload under load');
  const pm2 = await getPm2();
  const port = await freePort();
  const app = { name: 'web', script: 'server.mjs', cwd: folder, exec_mode: 'cluster', instances: 2 };
  const file = join(folder, 'web.config.json');
  await writeFile(file, JSON.stringify({ apps: [{ ...app, kill_timeout: 10_000, env: { PORT: String(port) } }] }));
  await pm2.command(['start', file], signal);
  try {
    await until('the service below pm2', () => answers({ port, path: '/readyz' }), { everyMs: 50, signal });
    return await lostBy({ port, requests }, async () => {
      await pm2.command(['reload', 'web'], signal);
    });
  } finally {
    await pm2.command(['delete', 'web']);
  }
}

async function byStopStart(folder: string, { progress, signal }: Context, requests: number): Promise<Figure> {
  progress('stop and start under load');
  const port = await freePort();
  const start = async () => {
    const env = { ...process.env, PORT: String(port) };
    const child = spawn(process.execPath, ['server.mjs'], { cwd: folder, env, stdio: 'ignore' });
    await until('the service', () => answers({ port, path: '/readyz' }), { everyMs: 20, signal });
    return child;
  };
  let running = await start();
  try {
    return await lostBy({ port, requests }, async () => {
      running.kill('SIGTERM');
      // Connections that are kept would keep it for ever; Compose waits 10 s and then kills.
      const timer = setTimeout(() => running.kill('SIGKILL'), 1_000);
      await once(running, 'exit');
      clearTimeout(timer);
      running = await start();
    });
  } finally {
    running.kill('SIGKILL');
  }
}

async function lostBy(
  { port, requests }: { readonly port: number; readonly requests: number },
  replace: () => Promise<void>,
): Promise<Figure> {
  using load = startLoad(`http://127.0.0.1:${port}/`, { connections: CONNECTIONS, perSecond: 0 });
  for (let rounds = 0; load.sent() < requests || rounds < 2; rounds += 1) await replace();
  const { failed, reset } = await load.stop();
  return medianFigure([failed + reset]);
}
