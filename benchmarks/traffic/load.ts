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
  readonly requests: number;
  readonly perSecond: number;
}

/** As many requests as the connections take, by wrk. Rejects where one of them was not answered well. */
export async function throwAll(load: Load): Promise<Thrown> {
  const { port, path, connections, seconds, bodyBytes, folder, signal } = load;
  const script = join(folder, 'post.lua');
  await writeFile(script, `wrk.method = "POST"\nwrk.body = string.rep("x", ${bodyBytes})\n`);
  const argv = [
    ...['taskset', '--cpu-list', OTHER_CORES, 'wrk', '--threads', '1', '--connections', String(connections)],
    ...['--duration', `${seconds}s`, ...(bodyBytes > 0 ? ['--script', script] : []), `http://127.0.0.1:${port}${path}`],
  ];
  const { stdout } = await run({ argv, cwd: folder, env: process.env, deadlineMs: seconds * 1000 + GRACE_MS, signal });
  const bad = /Non-2xx or 3xx responses: \d+|Socket errors: .*/.exec(stdout)?.[0];
  if (bad !== undefined && !/connect 0, read 0, write 0/.test(bad)) throw new Error(`wrk on port ${port}: ${bad}`);
  const [, requests] = /(\d+) requests in/.exec(stdout) ?? [];
  const [, perSecond] = /Requests\/sec:\s+([\d.]+)/.exec(stdout) ?? [];
  if (requests === undefined || perSecond === undefined) throw new Error(`wrk said something else:\n${stdout}`);
  return { requests: Number(requests), perSecond: Number(perSecond) };
}

export interface Paced {
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** So many requests a second, by h2load over HTTP/1.1: the time of each, from sending to its last byte. */
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
  if (samples.length < lines.length || samples.length < perSecond * seconds * ENOUGH) {
    throw new Error(`h2load on port ${port}: ${samples.length} of ${lines.length} requests were answered well`);
  }
  const ms = samples.map(([, , us]) => Number(us) / 1000);
  return { p50Ms: percentile(ms, 50), p99Ms: percentile(ms, 99) };
}

/** What a generator that starts its connections one after the other leaves out. */
const ENOUGH = 0.2;
