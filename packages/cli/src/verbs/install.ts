import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Context, writeLines } from '../context.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { UsageError } from '../failures.ts';
import { findSystem } from '../system.ts';
import { findSystemd, systemctl, unitOf } from '../systemd.ts';

export async function run(
  context: Context,
  folder: string | undefined,
  options: { readonly state?: string },
): Promise<ExitCode> {
  const system = findSystem(context, { folder, state: options.state });
  const systemd = findSystemd(context, process.getuid?.() ?? 0);
  const unit = unitOf(context, system, systemd);
  const path = join(systemd.folder, unit.name);
  if (!systemd.running) return tellWithout(context, path, unit.text);
  if (!existsSync(join(system.stateFolder, 'keeper.json')))
    throw new UsageError('there is nothing to keep yet: this system was never up', '`islet up` starts it');
  mkdirSync(systemd.folder, { recursive: true });
  writeFileSync(path, unit.text);
  systemctl(systemd, 'daemon-reload');
  systemctl(systemd, 'enable', '--now', unit.name);
  writeLines(context.stdout, [`${unit.name} is enabled and started (${path})`]);
  if (systemd.scope === 'user')
    writeLines(context.stderr, ['It starts when you log in; `loginctl enable-linger` makes it start with the machine']);
  return EXIT.ok;
}

function tellWithout({ stdout, stderr }: Context, path: string, text: string): ExitCode {
  writeLines(stderr, [
    `${stderr.colours.red('error:')} systemd does not run here, so nothing can bring the system back after a reboot`,
    `hint:  where it does, this text is to be ${path}:`,
  ]);
  stdout.write(text);
  return EXIT.unreachable;
}
