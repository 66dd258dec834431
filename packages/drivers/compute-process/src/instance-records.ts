import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { ComputeInstance, ProcessState, StartRequest } from '@islet/driver';
import { listFolder } from './list-folder.ts';

/** What is known of an instance besides its process: written before its first start, removed when it is stopped. */
export type InstanceRecord = Omit<ComputeInstance, 'process'>;

/** The records of all services, on disk beside the instances' folders. This driver is the only one to write them. */
export class InstanceRecords {
  readonly #folderOf: (service: string) => string;
  readonly #records = new Map<string, InstanceRecord>();

  constructor(folderOf: (service: string) => string) {
    this.#folderOf = folderOf;
  }

  load(service: string): void {
    for (const entry of listFolder(this.#folderOf(service))) {
      if (!entry.endsWith('.json')) continue;
      const path = join(this.#folderOf(service), entry);
      const record = read(path);
      if (record === undefined) rmSync(path);
      else this.#records.set(record.id, record);
    }
  }

  get(id: string): InstanceRecord | undefined {
    return this.#records.get(id);
  }

  of(service: string): readonly InstanceRecord[] {
    return [...this.#records.values()]
      .filter((record) => record.service === service)
      .sort((one, other) => (one.id < other.id ? -1 : 1));
  }

  write(record: InstanceRecord): void {
    const path = this.#path(record);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(`${path}.new`, JSON.stringify(record), { mode: 0o600 });
    renameSync(`${path}.new`, path);
    this.#records.set(record.id, record);
  }

  remove(record: InstanceRecord): void {
    rmSync(this.#path(record), { force: true });
    this.#records.delete(record.id);
  }

  #path({ service, id }: InstanceRecord): string {
    return join(this.#folderOf(service), `${id}.json`);
  }
}

/** Undefined: a power cut took its bytes, and with them the process that it told of. */
function read(path: string): InstanceRecord | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as InstanceRecord;
  } catch {
    return undefined;
  }
}

/** Of an instance that is about to be started, for the first time or again. */
export function recordOf(request: StartRequest, before: InstanceRecord | undefined): InstanceRecord {
  const { service, instance, revision, generation, index, port } = request;
  return {
    id: instance,
    service,
    revision,
    generation,
    index,
    host: '127.0.0.1',
    port,
    firstStartedAt: before?.firstStartedAt ?? Date.now(),
    starts: (before?.starts ?? 0) + 1,
  };
}

/** Its record was written, and whoever wrote it was killed before the start. */
export function neverStarted({ firstStartedAt }: InstanceRecord): ProcessState {
  return { kind: 'exited', at: firstStartedAt, how: 'never started' };
}
