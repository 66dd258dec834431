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
  /** Bytes of a body to POST; 0: a GET. */
  readonly bodyBytes: number;
  /** For scripts and logs of the load generator. */
  readonly folder: string;
  readonly signal: AbortSignal;
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

/** As many requests as the connections take, by wrk. Rejects where most of them were not answered well. */
export async function throwAll(load: Load): Promise<Thrown> {
  const { port, path, connections, seconds, bodyBytes, folder, signal } = load;
  const script = join(folder, 'post.lua');
  await writeFile(script, `wrk.method = "POST"\nwrk.body = string.rep("x", ${bodyBytes})\n`);
  const argv = [
    ...['taskset', '--cpu-list', OTHER_CORES, 'wrk', '--threads', '1', '--connections', String(connections)],
    ...['--duration', `${seconds}s`, ...(bodyBytes > 0 ? ['--script', script] : []), `http://127.0.0.1:${port}${path}`],
  ];
  const { stdout } = await run({ argv, cwd: folder, env: process.env, deadlineMs: seconds * 1000 + GRACE_MS, signal });
  const [, all, time] = /(\d+) requests in ([\d.]+)s/.exec(stdout) ?? [];
  if (all === undefined || time === undefined) throw new Error(`wrk said something else:\n${stdout}`);
  const refused = Number(/Non-2xx or 3xx responses: (\d+)/.exec(stdout)?.[1] ?? 0);
  const requests = Number(all) - refused;
  if (requests < refused) throw new Error(`wrk on port ${port}: ${refused} of ${all} requests were not answered well`);
  return { requests, perSecond: requests / Number(time), refusedPercent: (refused / Math.max(1, Number(all))) * 100 };
}

export interface Paced {
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** So many requests a second, by h2load over HTTP/1.1: the time of each, from sending to its last byte. Infinite: too many for it. */
export async function throwPaced(load: Load, { perSecond }: { readonly perSecond: number }): Promise<Paced> {
  const { port, path, connections, seconds, folder, signal } = load;
  const log = join(folder, 'h2load.log');
  const argv = [
    ...['taskset', '--cpu-list', OTHER_CORES, 'h2load', '--h1', '--clients', String(connections)],
    ...['--duration', String(seconds), '--warm-up-time', '1', '--rps', String(perSecond / connections)],
    ...['--log-file', log, `http://127.0.0.1:${port}${path}`],
  ];
  await writeFile(log, '');
  await run({ argv, cwd: folder, env: process.env, deadlineMs: seconds * 1000 + GRACE_MS, signal });
  const lines = (await readFile(log, 'utf8')).trim().split('\n');
  const samples = lines.map((line) => line.split('\t')).filter(([, status]) => status === '200');
  if (samples.length < lines.length) {
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
