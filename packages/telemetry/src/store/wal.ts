import { fdatasyncSync, ftruncateSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { frame, PREFIX_BYTES, readPrefix } from './block.ts';
import { LIMITS } from './limits.ts';
import { withFile, writeAll } from './segment.ts';

/** What is done as a whole or not at all. */
export interface Commit {
  /** As `blocksForLog` makes them. */
  readonly blocks: readonly Buffer[];
  /** What else must be known together with them, such as how far files were read. */
  readonly state: unknown;
  /** All before it is void: its blocks are everything. */
  readonly restart: boolean;
}

interface WalFile {
  readonly path: string;
  bytes: number;
  /** Of each head, the number after the last of its rows in this file. */
  readonly ends: Map<string, number>;
}

/**
 * The log of what came and is in no segment yet: one file for all services, so that one second costs one fsync. It is a
 * sequence of commits, each the blocks of one second and a last frame that closes it: a commit without its close, as a kill
 * leaves it, is none. A file is deleted when all of its rows are in segments.
 *
 * Whoever opens it reads all of it, and then writes one commit that says everything again. So what was read is void exactly
 * when that commit is there, and numbers of rows never mean two things.
 */
export class Wal {
  readonly #folder: string;
  readonly #found: readonly string[];
  #files: WalFile[] = [];
  #number: number;
  #isRestarted = false;

  constructor(folder: string) {
    this.#folder = folder;
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    this.#found = readdirSync(folder)
      .filter((name) => name.endsWith('.wal'))
      .sort();
    this.#number = Number.parseInt(this.#found.at(-1) ?? '0', 10);
  }

  /** What whoever was here before has left, in order. */
  *recover(): Generator<Commit> {
    for (const name of this.#found) yield* commitsOf(readFileSync(join(this.#folder, name)));
  }

  get bytes(): number {
    return this.#files.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  get files(): number {
    return this.#files.length;
  }

  /** The next commit has to hold everything. */
  get mustRestart(): boolean {
    return !this.#isRestarted;
  }

  /** Durable when it returns; where it throws, nothing of it is there. */
  append({ blocks, state }: Omit<Commit, 'restart'>, ends: ReadonlyMap<string, number>): void {
    const restart = this.mustRestart;
    const bytes = Buffer.concat([...blocks, frame({ close: blocks.length, state, restart }, [])]);
    const file = this.#current();
    withFile(file.path, 'a', (fd) => {
      try {
        writeAll(fd, bytes);
        fdatasyncSync(fd);
      } catch (error) {
        ftruncateSync(fd, file.bytes);
        throw error;
      }
    });
    file.bytes += bytes.length;
    for (const [head, end] of ends) file.ends.set(head, end);
    if (!restart) return;
    this.#isRestarted = true;
    for (const name of this.#found) rmSync(join(this.#folder, name), { force: true });
  }

  /** Deletes the files whose rows are all sealed; never the one that is written. */
  release(isSealed: (head: string, end: number) => boolean): void {
    const [current] = this.#files.slice(-1);
    const over = this.#files.filter(
      (file) => file !== current && [...file.ends].every(([head, end]) => isSealed(head, end)),
    );
    // The state is in each commit, so the newest file has it; and what is before a deleted file is deleted first.
    for (const { path } of over) rmSync(path, { force: true });
    this.#files = this.#files.filter((file) => !over.includes(file));
  }

  #current(): WalFile {
    const newest = this.#files.at(-1);
    if (newest !== undefined && newest.bytes < LIMITS.walBytes) return newest;
    this.#number++;
    const path = join(this.#folder, `${String(this.#number).padStart(12, '0')}.wal`);
    const made: WalFile = { path, bytes: 0, ends: new Map() };
    this.#files.push(made);
    return made;
  }
}

function* commitsOf(bytes: Buffer): Generator<Commit> {
  let blocks: Buffer[] = [];
  for (let at = 0; at < bytes.length; ) {
    const one = frameAt(bytes, at);
    // Torn, or damaged: what follows may belong to what is missing.
    if (one === undefined) return;
    at += one.bytes.length;
    const { close, state, restart } = one.header as { close?: number; state?: unknown; restart?: boolean };
    if (close === undefined) {
      blocks.push(one.bytes);
      continue;
    }
    yield { blocks, state, restart: restart ?? false };
    blocks = [];
  }
}

function frameAt(bytes: Buffer, at: number): { readonly header: unknown; readonly bytes: Buffer } | undefined {
  const prefix = readPrefix(bytes.subarray(at, at + PREFIX_BYTES));
  if (prefix === undefined) return undefined;
  const body = at + PREFIX_BYTES + prefix.headerBytes;
  const end = body + prefix.bodyBytes;
  const header = bytes.subarray(at + PREFIX_BYTES, body);
  if (end > bytes.length || crc32(header) !== prefix.headerCrc) return undefined;
  return { header: JSON.parse(header.toString()), bytes: bytes.subarray(at, end) };
}
