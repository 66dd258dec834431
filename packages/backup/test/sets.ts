import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CopyFacts } from '@islet/driver';
import {
  ensureEra,
  ensureVault,
  folderRepository,
  newKey,
  openLogWriter,
  type Repository,
  recoveryKey,
  type Vault,
  writeCopy,
} from '../src/index.ts';

export const patience = () => ({ signal: AbortSignal.timeout(60_000) });

/** A position of the log as PostgreSQL's driver has it. */
export function position(byte: number): string {
  return byte.toString(16).padStart(16, '0');
}

export interface World {
  readonly folder: string;
  readonly repository: Repository;
  readonly by: ReturnType<typeof recoveryKey>;
  readonly vault: Vault;
  close(): Promise<void>;
}

export async function makeWorld(): Promise<World> {
  const folder = await mkdtemp(join(tmpdir(), 'islet-backup-'));
  const repository = folderRepository(folder);
  const by = recoveryKey(newKey());
  const vault = await ensureVault({ repository, service: 'orders', by }, patience());
  return { folder, repository, by, vault, close: () => rm(folder, { recursive: true }) };
}

/** A stream of these bytes, in uneven parts. */
export async function* parts(bytes: Uint8Array, facts: CopyFacts): AsyncGenerator<Uint8Array, CopyFacts> {
  for (let at = 0, length = 1; at < bytes.length; at += length, length = (length * 7) % 100_003) {
    yield bytes.subarray(at, at + length);
  }
  return facts;
}

/** An era with one copy that needs the log from 0 to 10, and a log of `pieces` pieces of ten bytes. */
export async function writeSet(vault: Vault, { bytes, pieces }: { bytes: Uint8Array; pieces: number }) {
  const record = { engine: 'postgres', identity: 'one' };
  const era = await ensureEra(vault, { record, now: 1_000 }, patience());
  const facts = { needs: { from: position(0), to: position(10) }, notes: { version: '18' } };
  const written = await writeCopy(
    { vault, era, ...record, startedAt: 2_000, now: () => 3_000, bytes: parts(bytes, facts) },
    patience(),
  );
  const writer = openLogWriter(vault, era);
  for (let index = 0; index < pieces; index++) {
    const chunk = { from: position(index * 10), to: position(index * 10 + 10), at: 3_000 + index * 1_000 };
    await writer.write({ ...chunk, bytes: Buffer.alloc(10, index) }, patience());
  }
  return { era, written };
}
