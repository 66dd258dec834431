import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { LIMITS } from '../limits.ts';

/** Where finished lines go; it never waits and never throws. */
export interface LineSink {
  /** Without its line end. */
  write(line: string): void;
}

/**
 * The access log: JSON lines, appended in batches. A request costs no system call, and never waits for the disk: what a
 * disk that is full or slow does not take is dropped and counted. The file is rotated by size, so the log has a bound.
 * A proxy that is killed loses what came since the last batch.
 */
export class AccessLog implements LineSink {
  readonly path: string;
  #lines: string[] = [];
  #bytes = 0;
  #file: FileHandle | undefined;
  #size = 0;
  /** The last batch broke off in a line, or nobody knows how the file ends. */
  #isTorn = true;
  #writing: Promise<void> | undefined;
  #dropped = 0;
  #problem: string | undefined;
  readonly #timer: NodeJS.Timeout;

  constructor(path: string) {
    this.path = path;
    this.#timer = setInterval(() => void this.flush(), LIMITS.accessLogFlushMs);
    this.#timer.unref();
  }

  /** Lines that were lost because the disk did not take them. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Why the last batch was not written; undefined: it was. */
  get problem(): string | undefined {
    return this.#problem;
  }

  write(line: string): void {
    if (this.#bytes >= LIMITS.accessLogBufferBytes) {
      this.#dropped++;
      return;
    }
    this.#lines.push(line);
    this.#bytes += line.length + 1;
  }

  /** Returns when all that was there before the call is written, or lost. */
  async flush(): Promise<void> {
    // Others wait too, and one of them may have begun the next.
    while (this.#writing !== undefined) await this.#writing;
    if (this.#lines.length === 0) return;
    this.#writing = this.#writeBatch().finally(() => {
      this.#writing = undefined;
    });
    await this.#writing;
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.flush();
    await this.#file?.close().catch(() => undefined);
    this.#file = undefined;
  }

  async #writeBatch(): Promise<void> {
    const lines = this.#lines;
    this.#lines = [];
    this.#bytes = 0;
    try {
      const file = await this.#open();
      const batch = Buffer.from(`${this.#isTorn ? '\n' : ''}${lines.join('\n')}\n`);
      this.#isTorn = true;
      await writeAll(file, batch);
      this.#isTorn = false;
      this.#size += batch.length;
      this.#problem = undefined;
    } catch (thrown) {
      this.#dropped += lines.length;
      this.#problem = `the access log can't be written: ${thrown instanceof Error ? thrown.message : String(thrown)}`;
    }
  }

  async #open(): Promise<FileHandle> {
    if (this.#file !== undefined && this.#size >= LIMITS.accessLogFileBytes) {
      await this.#file.close();
      this.#file = undefined;
      await rotate(this.path);
    }
    if (this.#file !== undefined) return this.#file;
    const file = await open(this.path, 'a', 0o600);
    this.#file = file;
    this.#size = (await file.stat()).size;
    this.#isTorn = this.#size > 0;
    return file;
  }
}

/** The access log of the proxy that keeps its table there. */
export function accessLogOf(table: string): string {
  return `${table}.access`;
}

/** The files of a log, the newest first; those that are not there yet included. */
export function accessLogFiles(path: string): readonly string[] {
  return [path, ...Array.from({ length: LIMITS.accessLogOldFiles }, (_, index) => `${path}.${index + 1}`)];
}

async function rotate(path: string): Promise<void> {
  const files = accessLogFiles(path);
  const [last] = files.slice(-1);
  if (last !== undefined) await rm(last, { force: true });
  for (let at = files.length - 1; at > 0; at--) {
    const [from, to] = [files[at - 1], files[at]];
    if (from !== undefined && to !== undefined) await rename(from, to).catch(ignoreMissing);
  }
}

async function writeAll(file: FileHandle, bytes: Buffer): Promise<void> {
  for (let at = 0; at < bytes.length; ) at += (await file.write(bytes, at)).bytesWritten;
}

function ignoreMissing(thrown: NodeJS.ErrnoException): void {
  if (thrown.code !== 'ENOENT') throw thrown;
}
