import { randomUUID } from 'node:crypto';
import { chmod, mkdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { isFolder } from '@islet/driver/owned-folder';
import { runAs } from '@islet/supervise';
import { installFailed } from './failures.ts';
import { requireProgram } from './programs.ts';
import { ENVIRONMENT } from './server.ts';

/**
 * The tables of an empty server, made once for each version and copied for every store: making them takes seconds. Nothing
 * secret is in them. It is Islet's own folder, so no service has a hand in what another one starts with.
 */
export async function ensureTemplate(tools: string, path: string, signal: AbortSignal): Promise<string> {
  const { size, mtimeMs } = await stat(requireProgram('mariadbd', path));
  const template = join(tools, `mariadb-${size}-${Math.floor(mtimeMs)}`, 'data');
  if (await isFolder(template)) return template;
  const draft = join(dirname(template), `.${randomUUID()}`);
  // Its own: another server that starts meanwhile removes what it finds in the machine's.
  const temporary = `${draft}.tmp`;
  for (const folder of [draft, temporary]) await mkdir(folder, { recursive: true });
  try {
    const argv = [
      ...['--no-defaults', `--datadir=${draft}`, `--tmpdir=${temporary}`, '--auth-root-authentication-method=normal'],
      ...['--skip-test-db', '--skip-name-resolve', '--innodb-log-file-size=4M'],
      ...(process.getuid?.() === 0 ? ['--user=root'] : []),
    ];
    const how = { user: undefined, cwd: draft, env: ENVIRONMENT, signal };
    const { code, output } = await runAs([requireProgram('mariadb-install-db', path), ...argv], how);
    if (code !== 0) throw installFailed(template, output);
    // Every service's user copies it, whatever the umask is.
    await runAs(['/bin/chmod', '-R', 'a+rX', draft], how);
    for (const folder of [tools, dirname(template)]) await chmod(folder, 0o755);
    await rename(draft, template).catch((error: NodeJS.ErrnoException) => {
      // Someone else was faster; theirs is as good.
      if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error;
    });
    return template;
  } finally {
    for (const folder of [draft, temporary]) await rm(folder, { recursive: true, force: true });
  }
}
