import { type FileHandle, open } from 'node:fs/promises';
import { RECORD_VERSION, type RequestRecord } from '@islet/policy';
import { accessLogFiles } from './access-log.ts';

const CHUNK_BYTES = 1024 * 1024;

/**
 * The records of a request id in an access log, the oldest first: a request that a service passes on keeps its id, so one
 * id has a record for each hop. The files are read from the end of the newest, a piece at a time, and without parsing
 * what is of other requests. The log is bounded, so the search is.
 */
export async function findRecords(path: string, id: string): Promise<readonly RequestRecord[]> {
  const found: RequestRecord[] = [];
  const wanted = Buffer.from(`"id":${JSON.stringify(id)}`);
  for (const file of accessLogFiles(path)) {
    const lines = await linesWith(file, wanted);
    found.push(...lines.flatMap((line) => parse(line) ?? []).filter((record) => record.id === id));
  }
  return found.sort((a, b) => a.at - b.at);
}

async function linesWith(path: string, wanted: Buffer): Promise<readonly string[]> {
  const file = await open(path, 'r').catch((thrown: NodeJS.ErrnoException) => {
    if (thrown.code === 'ENOENT') return undefined;
    throw thrown;
  });
  if (file === undefined) return [];
  try {
    return await scan(file, wanted);
  } finally {
    await file.close();
  }
}

async function scan(file: FileHandle, wanted: Buffer): Promise<readonly string[]> {
  const lines: string[] = [];
  const buffer = Buffer.allocUnsafe(CHUNK_BYTES);
  let kept = 0;
  while (true) {
    const { bytesRead } = await file.read(buffer, kept, buffer.length - kept);
    if (bytesRead === 0) return lines;
    const length = kept + bytesRead;
    const end = buffer.subarray(0, length).lastIndexOf(LF) + 1;
    collect(buffer.subarray(0, end), wanted, lines);
    // A line that fills the whole buffer is none of ours, and what follows of it is dropped with it.
    kept = end === 0 && length === buffer.length ? 0 : length - end;
    buffer.copy(buffer, 0, end, end + kept);
  }
}

function collect(whole: Buffer, wanted: Buffer, lines: string[]): void {
  for (let at = whole.indexOf(wanted); at >= 0; at = whole.indexOf(wanted, at + wanted.length)) {
    const start = whole.lastIndexOf(LF, at) + 1;
    lines.push(whole.toString('utf8', start, whole.indexOf(LF, at)));
  }
}

function parse(line: string): RequestRecord | undefined {
  try {
    const record = JSON.parse(line) as RequestRecord;
    return record.v === RECORD_VERSION ? record : undefined;
  } catch {
    // The proxy was killed in the middle of it.
    return undefined;
  }
}

const LF = 0x0a;
