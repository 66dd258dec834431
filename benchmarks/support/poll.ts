import { request } from 'node:http';
import { connect } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';

const DEADLINE_MS = 60_000;

export interface Patience {
  readonly everyMs: number;
  readonly signal: AbortSignal;
  /** Without it, a minute. */
  readonly deadlineMs?: number;
}

/** Asks until the answer is yes; rejects when the deadline has passed or the signal comes. */
export async function until(
  what: string,
  isSo: () => boolean | Promise<boolean>,
  { everyMs, signal, deadlineMs = DEADLINE_MS }: Patience,
): Promise<void> {
  const deadline = performance.now() + deadlineMs;
  while (!(await isSo())) {
    signal.throwIfAborted();
    if (performance.now() > deadline) throw new Error(`waited ${deadlineMs / 1000} s in vain for ${what}`);
    await pause(everyMs);
  }
}

/** A GET there is answered with 200, on a connection of its own. */
export function answers({ port, path }: { readonly port: number; readonly path: string }): Promise<boolean> {
  return new Promise((resolve) => {
    const call = request({ host: '127.0.0.1', port, path, agent: false, timeout: 1_000 }, (response) => {
      response.resume();
      response.once('close', () => resolve(response.statusCode === 200));
    });
    call.once('timeout', () => call.destroy());
    call.once('error', () => resolve(false));
    call.end();
  });
}

export function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const line = connect({ host: '127.0.0.1', port });
    line.once('connect', () => {
      line.destroy();
      resolve(true);
    });
    line.once('error', () => resolve(false));
  });
}
