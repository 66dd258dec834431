import { createHash } from 'node:crypto';
import { createReadStream, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { FileStat } from './input-files.ts';
import { LIMITS } from './limits.ts';

interface Entry {
  readonly key: string;
  readonly hash: string;
}

/**
 * Remembers what files hold by path, size, times and inode, so that an unchanged service is known without being read. A
 * file that changed within the clock's last tick could change again unseen: its hash is not remembered.
 */
export class FileHashes {
  readonly #path: string;
  readonly #entries: Map<string, Entry>;
  #changed = false;

  constructor(path: string) {
    this.#path = path;
    this.#entries = read(path);
  }

  async hash(path: string, stat: FileStat): Promise<string> {
    const key = `${stat.size} ${stat.mtimeMs} ${stat.ctimeMs} ${stat.ino}`;
    const known = this.#entries.get(path);
    if (known?.key === key) return known.hash;
    const hash = await sha256(path);
    if (Date.now() - Math.max(stat.mtimeMs, stat.ctimeMs) > 100) this.remember(path, { key, hash });
    return hash;
  }

  recall(path: string, key: string): string | undefined {
    const known = this.#entries.get(path);
    return known?.key === key ? known.hash : undefined;
  }

  remember(path: string, entry: Entry): void {
    this.#entries.delete(path);
    this.#entries.set(path, entry);
    // A map keeps the order of insertion: the one that is longest known goes first.
    for (const [oldest] of this.#entries) {
      if (this.#entries.size <= LIMITS.rememberedFiles) break;
      this.#entries.delete(oldest);
    }
    this.#changed = true;
  }

  save(): void {
    if (!this.#changed) return;
    mkdirSync(dirname(this.#path), { recursive: true });
    const draft = `${this.#path}.${process.pid}.new`;
    writeFileSync(draft, JSON.stringify([...this.#entries]), { mode: 0o600 });
    renameSync(draft, this.#path);
    this.#changed = false;
  }
}

async function sha256(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}

/** It only saves time: one that can't be read is begun anew. */
function read(path: string): Map<string, Entry> {
  try {
    return new Map(JSON.parse(readFileSync(path, 'utf8')) as [string, Entry][]);
  } catch {
    return new Map();
  }
}
