import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { percentile } from '../measure/statistics.ts';
import { run } from '../support/program.ts';
import { OTHER_CORES } from './server.ts';

export interface Load {
  readonly port: number;
  readonly path: string;
  readonly connections: number;
  readonly seconds: number;
  /** For scripts and logs of the load generator. */
  readonly folder: string;
  readonly signal: AbortSignal;
}

/** HTTP/1.1, from wrk. */
export interface PlainLoad extends Load {
  /** Bytes of a body to POST; 0: a GET. */
  readonly bodyBytes: number;
  readonly secure: boolean;
}

/** HTTP/2, from h2load. */
export interface MultiplexedLoad extends Load {
  /** On each connection at once. */
  readonly streams: number;
  readonly secure: boolean;
  /** The message of a gRPC call; undefined: a GET. */
  readonly message: Buffer | undefined;
}

/** Beyond the time that the load lasts. */
const GRACE_MS = 30_000;

export interface Thrown {
  /** Answered well. */
  readonly requests: number;
  readonly perSecond: number;
  /** Refused, in percent of all: a proxy with limits sheds what is too much for it. */
  readonly refusedPercent: number;
}

/** As many requests as the connections take, by wrk. Rejects where none was answered well. */
export async function throwAll(load: PlainLoad): Promise<Thrown> {
  const { port, path, connections, seconds, bodyBytes, folder, secure } = load;
  const script = join(folder, 'post.lua');
  await writeFile(script, `wrk.method = "POST"\nwrk.body = string.rep("x", ${bodyBytes})\n`);
  const argv = [
    ...['wrk', '--threads', '1', '--connections', String(connections), '--duration', `${seconds}s`],
    ...[...(bodyBytes > 0 ? ['--script', script] : []), urlOf({ secure, port, path })],
  ];
  const stdout = await generate(argv, load);
  const [, all, time] = /(\d+) requests in ([\d.]+)s/.exec(stdout) ?? [];
  if (all === undefined || time === undefined) throw new Error(`wrk said something else:\n${stdout}`);
  const refused = Number(/Non-2xx or 3xx responses: (\d+)/.exec(stdout)?.[1] ?? 0);
  return thrown('wrk', { all: Number(all), refused, seconds: Number(time), port });
}

/** As many streams as the connections take, by h2load. Rejects where none was answered well. */
export async function throwStreams(load: MultiplexedLoad): Promise<Thrown> {
  const { port, path, connections, streams, seconds, folder, secure, message } = load;
  const body = join(folder, 'message.bin');
  if (message !== undefined) await writeFile(body, message);
  const call = ['--header', 'content-type: application/grpc', '--header', 'te: trailers', '--data', body];
  const argv = [
    ...['h2load', '--clients', String(connections), '--max-concurrent-streams', String(streams)],
    ...['--duration', String(seconds), '--warm-up-time', '0', ...(message === undefined ? [] : call)],
    urlOf({ secure, port, path }),
  ];
  const stdout = await generate(argv, load);
  const [, done, well] = /(\d+) done, (\d+) succeeded/.exec(stdout) ?? [];
  if (done === undefined || well === undefined) throw new Error(`h2load said something else:\n${stdout}`);
  return thrown('h2load', { all: Number(done), refused: Number(done) - Number(well), seconds, port });
}

interface Seen {
  readonly all: number;
  readonly refused: number;
  readonly seconds: number;
  readonly port: number;
}

function thrown(program: string, { all, refused, seconds, port }: Seen): Thrown {
  const requests = all - refused;
  if (requests === 0) throw new Error(`${program} on port ${port}: none of ${all} requests was answered well`);
  return { requests, perSecond: requests / seconds, refusedPercent: (refused / all) * 100 };
}

export interface Paced {
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** So many requests a second, by h2load over HTTP/1.1: the time of each, from sending to its last byte. Infinite: too many for it. */
export async function throwPaced(load: Load, { perSecond }: { readonly perSecond: number }): Promise<Paced> {
  const { port, path, connections, seconds, folder } = load;
  const log = join(folder, 'h2load.log');
  const argv = [
    ...['h2load', '--h1', '--clients', String(connections), '--duration', String(seconds), '--warm-up-time', '1'],
    ...['--rps', String(perSecond / connections), '--log-file', log, urlOf({ secure: false, port, path })],
  ];
  await writeFile(log, '');
  await generate(argv, load);
  const lines = (await readFile(log, 'utf8')).trim().split('\n');
  const samples = lines.map((line) => line.split('\t')).filter(([, status]) => status === '200');
  if (samples.length < lines.length * WELL) {
    throw new Error(`h2load on port ${port}: ${samples.length} of ${lines.length} requests were answered well`);
  }
  if (samples.length < perSecond * seconds * ENOUGH) return { p50Ms: FOREVER, p99Ms: FOREVER };
  const ms = samples.map(([, , us]) => Number(us) / 1000);
  return { p50Ms: percentile(ms, 50), p99Ms: percentile(ms, 99) };
}

/** It did not keep up, so that requests wait longer the longer one looks. */
const FOREVER = Number.POSITIVE_INFINITY;
/** What a generator that starts its connections one after the other leaves out. */
const ENOUGH = 0.2;
/** What is under way when the time is up, the generator breaks off and counts as failed. */
const WELL = 0.98;

async function generate(argv: readonly string[], { seconds, folder, signal }: Load): Promise<string> {
  const whole = ['taskset', '--cpu-list', OTHER_CORES, ...argv];
  const deadlineMs = seconds * 1000 + GRACE_MS;
  return (await run({ argv: whole, cwd: folder, env: process.env, deadlineMs, signal })).stdout;
}

function urlOf({
  secure,
  port,
  path,
}: {
  readonly secure: boolean;
  readonly port: number;
  readonly path: string;
}): string {
  return `${secure ? 'https' : 'http'}://127.0.0.1:${port}${path}`;
}
