import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { type CallOptions, type CopyFacts, DriverError, type StoreSource } from '@islet/driver';
import { type Series, seriesIn } from '@islet/driver/server';
import type { RowDataPacket } from 'mysql2/promise';
import { ADMIN, HOST, withConnection } from '../connect.ts';
import { requireProgram } from '../programs.ts';
import { ENVIRONMENT } from '../server.ts';
import { fileNumber, positionOf } from './position.ts';
import { adminOf, away, type MariadbSource, parseSource } from './source.ts';

const SAID_BYTES = 64 * 1024;

/**
 * The server's own physical backup, streamed: its files while they change, with what changed meanwhile, and where in the
 * binary log that ends. It runs as the service's user, who owns the files: root follows no link in a service's folder.
 */
export async function* copyMariadb(
  source: StoreSource,
  path: string,
  { signal }: CallOptions,
): AsyncGenerator<Uint8Array, CopyFacts> {
  signal.throwIfAborted();
  const { port, adminPassword, name, data, user } = parseSource(source);
  const series = await seriesOf(parseSource(source), signal);
  const argv = [
    ...['--no-defaults', '--backup', '--stream=xbstream', `--datadir=${data}`, '--target-dir=.'],
    ...[`--host=${HOST}`, `--port=${port}`, `--user=${ADMIN}`, '--parallel=1'],
  ];
  const child = spawn(requireProgram('mariadb-backup', path), argv, {
    ...(user === undefined ? {} : { uid: user.uid, gid: user.gid }),
    cwd: data,
    // Arguments are for everyone to read.
    env: { ...ENVIRONMENT, MYSQL_PWD: adminPassword },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-SAID_BYTES);
  });
  const ended = once(child, 'close');
  // Told below, or nobody waits any more.
  ended.catch(() => {});
  const kill = () => child.kill('SIGKILL');
  signal.addEventListener('abort', kill, { once: true });
  try {
    for await (const chunk of child.stdout) yield chunk as Buffer;
    const [code] = await ended;
    signal.throwIfAborted();
    if (code !== 0 || !/completed OK!\s*$/.test(said)) throw failed(said);
    const place = /binlog position: filename '([^']+)', position '(\d+)'/i.exec(said);
    const file = fileNumber(place?.[1] ?? '');
    if (file === undefined) throw failed(`it does not say where the binary log is\n${said}`);
    const at = positionOf({ file, offset: Number(place?.[2]) });
    // A file of the log can be read from its head on only.
    return { needs: { from: positionOf({ file, offset: 0 }), to: at }, notes: { name, ...(series && { series }) } };
  } finally {
    signal.removeEventListener('abort', kill);
    kill();
  }
}

/** Of the server that runs, which may be older than the programs that are installed by now. */
async function seriesOf(server: MariadbSource, signal: AbortSignal): Promise<Series | undefined> {
  return withConnection(adminOf(server), signal, async (connection) => {
    const [rows] = await connection.query<RowDataPacket[]>('SELECT VERSION() AS version');
    return seriesIn(String(rows[0]?.version));
  }).catch((error: unknown) => {
    throw away('does not say of which version it is', error);
  });
}

function failed(said: string): DriverError {
  const reason = said.match(/^.*(?:\[ERROR\]|error:|Error).*$/m)?.[0] ?? said.trim().split('\n').at(-1) ?? '';
  return new DriverError('unavailable', `mariadb-backup failed: ${reason.replace(/^\[\d+\] [\d -:]+/, '')}`);
}
