import { CONNECTION_SPECIFIC } from '../http/connection-options.ts';

/**
 * Whether fields are well-formed (RFC 9113, 8.2 and 8.3). What is not is no message at all: it ends its stream, and nothing
 * of it is shown to anybody. What an HTTP/1.1 reader could take for something else is looked at once more by whoever
 * writes it as that.
 */
export interface Checked {
  /** What is wrong; undefined: nothing. */
  readonly mistake: string | undefined;
  /** Bytes of its body, where it says so. */
  readonly length: number | undefined;
  readonly status: number;
}

export type HeadKind = 'request' | 'response' | 'trailers';

/** Checks the heads of one connection; of each kind it remembers what it found of the last, which mostly comes again. */
export class HeadCheck {
  readonly #last: Record<HeadKind, Known | undefined> = {
    request: undefined,
    response: undefined,
    trailers: undefined,
  };

  check(raw: readonly string[], kind: HeadKind): Checked {
    const known = this.#last[kind];
    if (known?.raw === raw) return known.checked;
    const checked = checkHead(raw, kind);
    this.#last[kind] = { raw, checked };
    return checked;
  }
}

interface Known {
  readonly raw: readonly string[];
  readonly checked: Checked;
}

function checkHead(raw: readonly string[], kind: HeadKind): Checked {
  const found = new Findings();
  for (let at = 0; at + 1 < raw.length; at += 2) {
    const name = raw[at] ?? '';
    const value = raw[at + 1] ?? '';
    found.take(name, value, kind);
    if (found.mistake !== undefined) return found;
  }
  found.conclude(kind);
  return found.mistake === undefined && found.length === undefined && found.status === 0 ? WELL : found;
}

class Findings implements Checked {
  mistake: string | undefined;
  length: number | undefined;
  status = 0;
  #seen = 0;
  #fields = false;
  #connects = false;

  take(name: string, value: string, kind: HeadKind): void {
    if (name.charCodeAt(0) === COLON) this.#takePseudo(name, value, kind);
    else this.#takeField(name, value);
    if (FORBIDDEN.test(value)) this.mistake ??= `${name}: a value with a character that none may have`;
  }

  conclude(kind: HeadKind): void {
    if (kind === 'response' && this.#seen !== PSEUDO[':status'].bit) this.mistake ??= 'no :status';
    const needed = this.#connects ? METHOD | AUTHORITY : METHOD | SCHEME | PATH;
    const allowed = this.#connects ? needed : needed | AUTHORITY;
    if (kind === 'request' && ((this.#seen & needed) !== needed || (this.#seen & ~allowed) !== 0)) {
      this.mistake ??= 'not the pseudo-header fields of a request';
    }
  }

  #takePseudo(name: string, value: string, kind: HeadKind): void {
    const pseudo = Object.hasOwn(PSEUDO, name) ? PSEUDO[name as keyof typeof PSEUDO] : undefined;
    if (pseudo?.of !== kind) this.mistake = `${name} in a ${kind}`;
    else if (this.#fields) this.mistake = `${name} behind a field`;
    else if ((this.#seen & pseudo.bit) !== 0) this.mistake = `${name} twice`;
    else if (value === '') this.mistake = `${name} is empty`;
    else this.#seen |= pseudo.bit;
    if (name === ':method') this.#connects = value === 'CONNECT';
    if (name === ':status') this.#takeStatus(value);
  }

  #takeStatus(value: string): void {
    if (STATUS.test(value)) this.status = Number(value);
    else this.mistake ??= ':status is no number of three digits';
  }

  #takeField(name: string, value: string): void {
    this.#fields = true;
    if (!NAME.test(name)) this.mistake = 'a name that is no token in lower case';
    else if (name === 'content-length') this.#takeLength(value);
    else if (name === 'te' && value.toLowerCase() !== 'trailers') this.mistake = 'te beyond trailers';
    else if (CONNECTION_SPECIFIC.has(name)) this.mistake = `${name} is of HTTP/1.1`;
  }

  #takeLength(value: string): void {
    if (this.length !== undefined || !LENGTH.test(value)) this.mistake = 'no single content-length';
    else this.length = Number(value);
  }
}

const WELL: Checked = { mistake: undefined, length: undefined, status: 0 };

const [METHOD, SCHEME, PATH, AUTHORITY] = [1, 2, 4, 8] as const;
const PSEUDO = {
  ':method': { bit: METHOD, of: 'request' },
  ':scheme': { bit: SCHEME, of: 'request' },
  ':path': { bit: PATH, of: 'request' },
  ':authority': { bit: AUTHORITY, of: 'request' },
  ':status': { bit: 16, of: 'response' },
} as const;

const COLON = 0x3a;
const NAME = /^[!#$%&'*+\-.^_`|~0-9a-z]+$/;
/** Control characters, and blanks at its ends. */
const FORBIDDEN = /[^\t\x20-\x7e\x80-\xff]|^[\t ]|[\t ]$/;
const STATUS = /^[1-9][0-9]{2}$/;
const LENGTH = /^[0-9]{1,15}$/;
