import { spawn } from 'node:child_process';
import { extname } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { DriverError } from '@islet/driver';
import type { WorkerAnswer, WorkerRequest } from './worker-protocol.ts';

/** Runs the worker to its end. An abort kills it, and SQLite rolls back when the file is opened next. */
export async function work(request: WorkerRequest, signal: AbortSignal): Promise<Done> {
  signal.throwIfAborted();
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', WORKER], {
    cwd: '/',
    env: {},
    stdio: ['pipe', 'pipe', 'pipe'],
    signal,
    killSignal: 'SIGKILL',
  });
  const ended = new Promise<void>((resolve, reject) => child.once('close', () => resolve()).once('error', reject));
  // A worker that died doesn't read; how it ended says why.
  child.stdin.on('error', () => {}).end(JSON.stringify(request));
  const [answer, complaint] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  if (answer === '') throw died(complaint);
  return doneOf(JSON.parse(answer) as WorkerAnswer, request.file);
}

/** Beside this file, which is JavaScript in a published package. */
const WORKER = fileURLToPath(new URL(`./worker${extname(import.meta.url)}`, import.meta.url));

export type Done = Exclude<WorkerAnswer, { kind: 'refused' }>;

function doneOf(answer: WorkerAnswer, file: string): Done {
  if (answer.kind !== 'refused') return answer;
  const code = /disk is full/i.test(answer.reason) ? 'no-space' : 'unavailable';
  throw new DriverError(code, `the SQLite file ${file} can't be used: ${answer.reason}`);
}

function died(complaint: string): DriverError {
  const reason =
    complaint
      .trim()
      .split('\n')
      .findLast((line) => /Error/.test(line)) ?? 'it said nothing';
  return new DriverError('internal', `the process that works on SQLite files died: ${reason}`);
}
