import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Cluster } from './cluster.ts';

export const PGBACKREST = '/usr/bin/pgbackrest';

/** A cluster that pgBackRest knows, and whose log it archives. */
export interface Stanza {
  /** Of everything that it writes. */
  readonly folder: string;
  readonly run: (...command: readonly string[]) => Promise<void>;
}

/** `more`: lines of its configuration. */
export async function openStanza(cluster: Cluster, more: readonly string[] = []): Promise<Stanza> {
  const folder = await cluster.makeFolder('pgbackrest');
  const config = join(folder, 'pgbackrest.conf');
  const lines = [
    '[global]',
    ...[`repo1-path=${folder}/repository`, `log-path=${folder}`, `lock-path=${folder}`, `spool-path=${folder}`],
    ...more,
    '[bench]',
    ...[`pg1-path=${cluster.data}`, `pg1-port=${cluster.port}`, `pg1-socket-path=${cluster.folder}`],
    ...[`pg1-user=${cluster.login.user}`, 'pg1-database=postgres'],
  ];
  await writeFile(config, `${lines.join('\n')}\n`, { mode: 0o644 });
  const flags = [`--config=${config}`, '--stanza=bench', '--log-level-console=off'];
  const run = async (...command: readonly string[]) => {
    await promisify(execFile)(PGBACKREST, [...flags, ...command], { ...cluster.identity, cwd: '/' });
  };
  await run('stanza-create');
  await setArchiveCommand(cluster, [PGBACKREST, ...flags, 'archive-push', '%p'].join(' '));
  // It fails unless the server has archived a segment by it.
  await run('check');
  return { folder, run };
}

export async function setArchiveCommand(cluster: Cluster, command: string): Promise<void> {
  await cluster.query(`ALTER SYSTEM SET archive_command = '${command}'`);
  await cluster.query('SELECT pg_reload_conf()');
}
