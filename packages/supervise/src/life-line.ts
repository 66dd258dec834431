import { execFile } from 'node:child_process';
import { closeSync, constants, openSync, readSync, statSync } from 'node:fs';
import { Socket } from 'node:net';
import { promisify } from 'node:util';
import { systemTool } from './switch-user.ts';

/**
 * The life line of a slot: a FIFO whose writing end only the shim holds. It is handed over in the spawn itself, so there
 * is no instant in which the shim exists and the line is not held; and the kernel lets go of it at the shim's death. So
 * "has it a writer?" is an exact answer to "does it run?" at any time and for any supervisor, with no pid involved.
 */
export async function makeLifeLine(path: string): Promise<void> {
  // From an earlier start: the program that makes it costs a restart more than all else here.
  if (isFifo(path)) return;
  await promisify(execFile)(systemTool('mkfifo') ?? 'mkfifo', ['-m', '600', path]).catch((error: Error) => {
    if (!isFifo(path)) throw error;
  });
}

function isFifo(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFIFO() ?? false;
}

/** The end to hand to the shim. Read-write: such an open never blocks, and a write without a reader is no error. */
export function openForShim(path: string): number {
  return openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
}

export function isHeld(path: string): boolean {
  let fd: number | undefined;
  try {
    fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const byte = Buffer.alloc(1);
    while (readSync(fd, byte) > 0);
    return false;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EAGAIN') return true;
    if (code === 'ENOENT') return false;
    throw error;
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}

/** Calls `onBell` when the command has written its pid, `onEnd` once when the shim is gone. */
export function listen(path: string, { onBell, onEnd }: { onBell: () => void; onEnd: () => void }): Disposable {
  const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  const socket = new Socket({ fd, readable: true, writable: false });
  let closed = false;
  socket.on('data', onBell);
  socket.on('error', () => {});
  socket.once('close', () => {
    if (!closed) onEnd();
  });
  socket.resume();
  return {
    [Symbol.dispose]: () => {
      closed = true;
      socket.destroy();
    },
  };
}
