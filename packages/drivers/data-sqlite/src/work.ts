import { text } from 'node:stream/consumers';
import { DriverError } from '@islet/driver';
import { startOwnersChild } from '@islet/driver/owners-child';
import type { WorkerAnswer, WorkerRequest } from './worker-protocol.ts';

const WORKER = {
  program: new URL('./worker-main.ts', import.meta.url),
  trouble: 'the process that works on SQLite files died',
};

/** Runs the worker to its end. An abort kills it, and SQLite rolls back when the file is opened next. */
export async function work(request: WorkerRequest, signal: AbortSignal): Promise<Done> {
  signal.throwIfAborted();
  const child = startOwnersChild(WORKER, signal);
  child.process.stdin.end(JSON.stringify(request));
  const answer = await text(child.process.stdout);
  await child.end();
  return doneOf(JSON.parse(answer) as WorkerAnswer, request.file);
}

export type Done = Exclude<WorkerAnswer, { kind: 'refused' }>;

function doneOf(answer: WorkerAnswer, file: string): Done {
  if (answer.kind !== 'refused') return answer;
  const code = /disk is full/i.test(answer.reason) ? 'no-space' : 'unavailable';
  throw new DriverError(code, `the SQLite file ${file} can't be used: ${answer.reason}`);
}
