import { createHash } from 'node:crypto';
import { lchown, mkdir, open } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { DriverError } from '@islet/driver';
import { writeWhole } from '@islet/driver/write-whole';
import type { UnixUser } from '@islet/supervise';
import { extract, type Header } from 'tar-stream';

export interface UnpackRequest {
  readonly bytes: AsyncIterable<Uint8Array>;
  /** An empty folder that nobody but Islet's own user enters. */
  readonly into: string;
  readonly user: UnixUser | undefined;
  /** The server's `backup_manifest`. */
  readonly manifest: string;
  readonly signal: AbortSignal;
}

/**
 * Unpacks a base backup and holds each file against the server's manifest. Throws `damaged` for a file that is altered,
 * missing, or too many.
 */
export async function unpackCluster({ bytes, into, user, manifest, signal }: UnpackRequest): Promise<void> {
  const expected = new Map(filesOf(manifest).map((file) => [file.path, file]));
  const archive = extract();
  const feeding = pipeline(Readable.from(bytes, { objectMode: false }), archive, { signal });
  feeding.catch(() => {});
  for await (const entry of archive) {
    const path = entry.header.name.replace(/^\.\//, '').replace(/\/$/, '');
    const target = join(into, path);
    if (path === '' || path === '.') entry.resume();
    else if (!target.startsWith(`${into}/`)) throw damaged(`${entry.header.name} would lie outside of the cluster`);
    else
      await unpackEntry({ header: entry.header, bytes: entry as unknown as EntryBytes, path, target, user, expected });
  }
  await feeding;
  const missing = [...expected.keys()][0];
  if (missing !== undefined) throw damaged(`${missing} is missing`);
}

/** Its own type says nothing of what comes. */
type EntryBytes = AsyncIterable<Uint8Array> & { resume(): unknown };

interface Entry {
  readonly header: Header;
  readonly bytes: EntryBytes;
  readonly path: string;
  readonly target: string;
  readonly user: UnixUser | undefined;
  readonly expected: Map<string, ManifestFile>;
}

async function unpackEntry({ header, bytes, path, target, user, expected }: Entry): Promise<void> {
  switch (header.type) {
    case 'directory':
      bytes.resume();
      await mkdir(target, { recursive: true, mode: 0o700 });
      if (user) await lchown(target, user.uid, user.gid);
      return;
    case 'file': {
      const file = expected.get(path);
      if (file === undefined) throw damaged(`${path} is not in the server's list`);
      expected.delete(path);
      await writeFile(target, bytes, { user, file });
      return;
    }
    default:
      throw new DriverError('unsupported', `${path} in a base backup is a ${header.type}`);
  }
}

async function writeFile(
  target: string,
  bytes: AsyncIterable<Uint8Array>,
  { user, file }: { readonly user: UnixUser | undefined; readonly file: ManifestFile },
): Promise<void> {
  await mkdir(dirname(target), { recursive: true, mode: 0o700 });
  const handle = await open(target, 'wx', 0o600);
  const hash = createHash('sha256');
  try {
    if (user) await handle.chown(user.uid, user.gid);
    for await (const part of bytes) {
      hash.update(part);
      await writeWhole(handle, part);
    }
  } finally {
    await handle.close();
  }
  if (hash.digest('hex') !== file.sha256) throw damaged(`${file.path} is not what the server sent`);
}

interface ManifestFile {
  readonly path: string;
  readonly sha256: string;
}

/** PostgreSQL's manual, "Backup Manifest Format". */
function filesOf(manifest: string): readonly ManifestFile[] {
  const { Files: files } = JSON.parse(manifest) as {
    readonly Files: readonly { Path?: string; 'Encoded-Path'?: string; Checksum: string }[];
  };
  return files.map((file) => ({
    path: file.Path ?? Buffer.from(file['Encoded-Path'] ?? '', 'hex').toString(),
    sha256: file.Checksum.toLowerCase(),
  }));
}

function damaged(what: string): DriverError {
  return new DriverError('damaged', `a base backup is damaged: ${what}`, { hint: 'restore an older one' });
}
