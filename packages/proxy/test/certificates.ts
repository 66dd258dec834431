import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { promisify } from 'node:util';
import type { CertificateFiles } from '@islet/policy';

export async function folderOf(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'islet-tls-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** Makes a certificate that signs itself, for these hosts. */
export async function selfSigned(
  folder: string,
  name: string,
  { hosts, days = 30 }: { readonly hosts: readonly string[]; readonly days?: number },
): Promise<CertificateFiles> {
  const files = { cert: join(folder, `${name}.pem`), key: join(folder, `${name}.key`) };
  const names = `subjectAltName=${hosts.map((host) => `DNS:${host}`).join(',')}`;
  const args = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  args.push('-days', String(days), '-subj', `/CN=${name}`, '-addext', names, '-keyout', files.key, '-out', files.cert);
  await promisify(execFile)('openssl', args);
  return files;
}
