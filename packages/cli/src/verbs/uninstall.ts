import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type Context, writeLines } from '../context.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { findSystem } from '../system.ts';
import { findSystemd, systemctl, unitOf } from '../systemd.ts';

export async function run(
  context: Context,
  folder: string | undefined,
  options: { readonly state?: string },
): Promise<ExitCode> {
  const system = findSystem(context, { folder, state: options.state });
  const systemd = findSystemd(context, process.getuid?.() ?? 0);
  const { name } = unitOf(context, system, systemd);
  const path = join(systemd.folder, name);
  const { stdout } = context;
  if (!existsSync(path)) {
    writeLines(stdout, [`${name} is not installed`]);
    return EXIT.ok;
  }
  // The unit ends with its keeper; what the keeper kept stays (`KillMode=process`), and revives the keeper outside of it.
  if (systemd.running) systemctl(systemd, 'disable', '--now', name);
  rmSync(path);
  if (systemd.running) systemctl(systemd, 'daemon-reload');
  writeLines(stdout, [`${name} is gone; the system goes on running until \`islet down\``]);
  return EXIT.ok;
}
