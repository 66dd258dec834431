import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const exec = promisify(execFile);

/** Of a program that the benchmark needs; rejects with what to install where it is not there. */
export async function versionOf(program: string, args: readonly string[], pattern: RegExp): Promise<string> {
  const { stdout, stderr } = await exec(program, args).catch(() => {
    throw new Error(`${program} is not there: apt-get install haproxy nginx caddy wrk nghttp2-client openssl`);
  });
  return pattern.exec(stdout + stderr)?.[1] ?? '';
}
