import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chown, mkdir, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { DriverError, type LogChunk, type LogRange, type RestoreTarget } from '@islet/driver';
import { writeWhole } from '@islet/driver/write-whole';
import type { UnixUser } from '@islet/supervise';
import { ADMIN, HOST } from '../connect.ts';
import { requireProgram } from '../programs.ts';
import type { StartedMariadb } from '../record.ts';
import { ENVIRONMENT } from '../server.ts';
import { readFrames } from './frames.ts';
import { fileName, type Place, placeOf } from './position.ts';

/** The log's files as the server had them. */
export interface LaidOut {
  readonly folder: string;
  readonly files: readonly string[];
  /** In the first of them: where the copy ends. */
  readonly start: Place;
  /** All that was committed by then is in it; 0: not known. */
  readonly at: number;
}

/** Lays out all of the log before anything of it is run. Throws `damaged` where it has a gap. */
export async function layOut(
  log: AsyncIterable<LogChunk>,
  { needs, folder, user }: { readonly needs: LogRange; readonly folder: string; readonly user: UnixUser | undefined },
): Promise<LaidOut> {
  const [head, start] = [placeOf(needs.from), placeOf(needs.to)];
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { mode: 0o700 });
  /** Bytes of each file that are there, without a gap. */
  const ends = new Map<number, number>();
  let at = 0;
  for await (const chunk of log) {
    at = Math.max(at, chunk.at);
    for (const { file, offset, bytes } of readFrames(chunk.bytes)) {
      if (file < head.file) continue;
      const end = ends.get(file) ?? 0;
      if (offset > end || (file > head.file && !ends.has(file - 1))) throw gap(file, end);
      await write(join(folder, fileName(file)), bytes, offset);
      ends.set(file, Math.max(end, offset + bytes.length));
    }
  }
  const reached = ends.get(start.file) ?? 0;
  if (reached < start.offset) throw gap(start.file, reached);
  const files: string[] = [];
  for (const file of [...ends.keys()].sort((a, b) => a - b)) {
    const path = await wholeEvents(join(folder, fileName(file)));
    await giveTo(path, user);
    files.push(path);
  }
  await giveTo(folder, user);
  return { folder, files, start, at };
}

/**
 * Runs a log on a server. The log tells instants by the second, so an instant is a whole second: all that began to commit
 * before it is in, and nothing else.
 */
export async function replay(
  { files, start }: LaidOut,
  { target, into, user, path, signal }: ReplayRequest,
): Promise<void> {
  if (files.length === 0 || target.kind === 'copy') return;
  const until = target.kind === 'time' ? [`--stop-datetime=${secondOf(target.at)}`] : [];
  const from = `--start-position=${start.offset}`;
  const options = { ...(user && { uid: user.uid, gid: user.gid }), cwd: '/' } as const;
  const reader = spawn(
    requireProgram('mariadb-binlog', path),
    ['--no-defaults', '--disable-log-bin', from, ...until, ...files],
    { ...options, env: ENVIRONMENT, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  const client = spawn(
    requireProgram('mariadb', path),
    ['--no-defaults', '--binary-mode', `--host=${HOST}`, `--port=${into.port}`, `--user=${ADMIN}`],
    { ...options, env: { ...ENVIRONMENT, MYSQL_PWD: into.adminPassword }, stdio: ['pipe', 'ignore', 'pipe'] },
  );
  const said = new Map<string, string>();
  for (const [name, { stderr }] of Object.entries({ reader, client })) {
    stderr
      .setEncoding('utf8')
      .on('data', (text: string) => said.set(name, (said.get(name) ?? '') + text.slice(0, 4096)));
  }
  const kill = () => [reader, client].map((child) => child.kill('SIGKILL'));
  signal.addEventListener('abort', kill, { once: true });
  try {
    const ended = Promise.all([once(reader, 'close'), once(client, 'close')]);
    // How they ended says more than a pipe that broke.
    await pipeline(reader.stdout, client.stdin).catch(() => {});
    const [[read], [ran]] = await ended;
    signal.throwIfAborted();
    if (ran !== 0) throw replayFailed(said.get('client'));
    if (read !== 0) throw replayFailed(said.get('reader'));
  } finally {
    signal.removeEventListener('abort', kill);
    kill();
  }
}

export interface ReplayRequest {
  readonly target: RestoreTarget;
  readonly into: StartedMariadb;
  readonly user: UnixUser | undefined;
  readonly path: string;
  readonly signal: AbortSignal;
}

function secondOf(at: number): string {
  return new Date(Math.floor(at / 1000) * 1000).toISOString().slice(0, 19).replace('T', ' ');
}

async function write(path: string, bytes: Uint8Array, offset: number): Promise<void> {
  const file = await open(path, 'a').then((created) => created.close().then(() => open(path, 'r+')));
  try {
    await writeWhole(file, bytes, offset);
  } finally {
    await file.close();
  }
}

const EVENT_HEAD_BYTES = 19;
const MAGIC_BYTES = 4;

/** A log that was followed while it was written may end within an event: that one was not committed. */
async function wholeEvents(path: string): Promise<string> {
  const file = await open(path, 'r+');
  try {
    const { size } = await file.stat();
    const head = Buffer.alloc(EVENT_HEAD_BYTES);
    let end = MAGIC_BYTES;
    while (end + EVENT_HEAD_BYTES <= size) {
      await file.read(head, 0, EVENT_HEAD_BYTES, end);
      const length = head.readUInt32LE(9);
      if (length < EVENT_HEAD_BYTES || end + length > size) break;
      end += length;
    }
    if (end < size) await file.truncate(end);
    return path;
  } finally {
    await file.close();
  }
}

async function giveTo(path: string, user: UnixUser | undefined): Promise<void> {
  if (user) await chown(path, user.uid, user.gid);
}

function gap(file: number, offset: number): DriverError {
  return new DriverError('damaged', `the log ${fileName(file)} is missing from byte ${offset} on`, {
    hint: 'restore an earlier moment, or another copy',
  });
}

function replayFailed(said: string | undefined): DriverError {
  const reason = said?.trim().split('\n').at(-1) ?? 'it said nothing';
  return new DriverError('damaged', `the log can't be run on the copy: ${reason}`, {
    hint: 'restore an earlier moment, or another copy',
  });
}
