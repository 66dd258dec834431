import type { FileHandle } from 'node:fs/promises';

/**
 * All of the bytes, or an error. A disk that fills up takes a part of them and says so by a number alone; the error
 * comes with the next write, which for the last bytes of a file would be never.
 */
export async function writeWhole(file: FileHandle, bytes: Uint8Array, position?: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const at = position === undefined ? null : position + done;
    done += (await file.write(bytes, done, bytes.length - done, at)).bytesWritten;
  }
}
