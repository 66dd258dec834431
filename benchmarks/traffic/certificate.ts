import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from '../support/program.ts';

/** One for all proxies, so that all do the same arithmetic: ECDSA on P-256. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
  /** Both in one file. */
  readonly both: string;
}

const DEADLINE_MS = 30_000;

export async function selfSigned(folder: string, signal: AbortSignal): Promise<Certificate> {
  const files = {
    cert: join(folder, 'bench.pem'),
    key: join(folder, 'bench.key'),
    both: join(folder, 'bench.both.pem'),
  };
  const argv = [
    ...['openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'],
    ...['-subj', '/CN=bench', '-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', files.key, '-out', files.cert],
  ];
  await run({ argv, cwd: folder, env: process.env, deadlineMs: DEADLINE_MS, signal });
  await writeFile(files.both, (await readFile(files.cert, 'utf8')) + (await readFile(files.key, 'utf8')));
  return files;
}
