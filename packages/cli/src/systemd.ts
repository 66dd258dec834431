import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { ApiError } from '@islet/client/errors';
import type { Context } from './context.ts';
import { parseFolder } from './offline.ts';
import type { System } from './system.ts';
import { toolPath } from './toolpath.ts';
import { renderUnit, unitName } from './unit.ts';

/** Where a unit file belongs and how systemd is talked to: the machine's for root, the user's for others. */
export interface Systemd {
  readonly scope: 'machine' | 'user';
  readonly folder: string;
  readonly running: boolean;
}

const TIMEOUT_MS = 30_000;

export function findSystemd({ env }: Pick<Context, 'env'>, uid: number): Systemd {
  const config = env.XDG_CONFIG_HOME ?? join(env.HOME ?? homedir(), '.config');
  if (uid === 0) return { scope: 'machine', folder: '/etc/systemd/system', running: existsSync('/run/systemd/system') };
  const runtime = env.XDG_RUNTIME_DIR;
  const running = runtime !== undefined && existsSync(join(runtime, 'systemd'));
  return { scope: 'user', folder: join(config, 'systemd', 'user'), running };
}

export function unitOf(context: Context, system: System, { scope }: Systemd): { name: string; text: string } {
  const about = { system: parseFolder(system.folder).spec.name, ...system };
  const text = renderUnit({
    ...about,
    scope,
    node: process.execPath,
    keeper: context.entries.keeper,
    path: toolPath(context.env.PATH, process.execPath),
    home: context.env.HOME,
  });
  return { name: unitName(about), text };
}

export function systemctl({ scope }: Systemd, ...words: readonly string[]): void {
  const argv = [...(scope === 'user' ? ['--user'] : []), ...words];
  try {
    execFileSync('systemctl', argv, { timeout: TIMEOUT_MS, stdio: ['ignore', 'pipe', 'pipe'], encoding: 'utf8' });
  } catch (cause) {
    const said = String((cause as { stderr?: unknown }).stderr ?? '').trim();
    throw new ApiError('conflict', `systemctl ${argv.join(' ')} failed: ${said || String(cause)}`, { cause });
  }
}
