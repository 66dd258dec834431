import { DriverError } from '@islet/driver';

export interface Command {
  /** In capitals. */
  readonly name: string;
  /** As it was sent. */
  readonly bytes: Buffer;
}

/** A stream taken apart into commands, whatever pieces it comes in. */
export class Commands {
  #parts: Buffer[] = [];
  #length = 0;
  /** With fewer bytes there is no whole command, so they need not be looked at again. */
  #needed = 1;

  /** Those that end with these bytes. */
  *push(bytes: Uint8Array): Generator<Command> {
    this.#parts.push(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length));
    this.#length += bytes.length;
    if (this.#length < this.#needed) return;
    const all = Buffer.concat(this.#parts);
    let from = 0;
    for (;;) {
      const found = commandAt(all, from);
      if (found.kind === 'part') {
        this.#parts = [all.subarray(from)];
        this.#length = all.length - from;
        this.#needed = found.needed - from;
        return;
      }
      yield { name: found.name, bytes: all.subarray(from, found.end) };
      from = found.end;
    }
  }
}

type Found =
  | { readonly kind: 'whole'; readonly name: string; readonly end: number }
  /** It has at least as many bytes as this, counted from the beginning of all. */
  | { readonly kind: 'part'; readonly needed: number };

const CRLF = '\r\n';

/** `*2\r\n$6\r\nSELECT\r\n$1\r\n0\r\n` */
function commandAt(all: Buffer, from: number): Found {
  const head = numberAt(all, from, '*');
  if (head === undefined) return { kind: 'part', needed: all.length + 1 };
  let at = head.end;
  let name = '';
  for (let word = 0; word < head.value; word++) {
    const length = numberAt(all, at, '$');
    if (length === undefined) return { kind: 'part', needed: all.length + 1 };
    const end = length.end + length.value;
    if (end + CRLF.length > all.length) return { kind: 'part', needed: end + CRLF.length };
    if (word === 0) name = all.toString('latin1', length.end, end).toUpperCase();
    at = end + CRLF.length;
  }
  return { kind: 'whole', name, end: at };
}

/** A number with its mark, up to the end of its line; undefined: the line does not end yet. */
function numberAt(
  all: Buffer,
  from: number,
  mark: string,
): { readonly value: number; readonly end: number } | undefined {
  if (from >= all.length) return undefined;
  const end = all.indexOf(CRLF, from);
  const line = all.toString('latin1', from, end === -1 ? Math.min(all.length, from + LONGEST_LINE) : end);
  const isNumber = line[0] === mark && (end === -1 ? /^.\d*\r?$/ : /^.\d+$/).test(line) && line.length < LONGEST_LINE;
  if (!isNumber) {
    throw new DriverError('damaged', 'the log holds what is no command of Redis', {
      hint: 'restore an earlier moment, or another copy',
    });
  }
  return end === -1 ? undefined : { value: Number(line.slice(1)), end: end + CRLF.length };
}

const LONGEST_LINE = 24;
