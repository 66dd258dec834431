import { ProxyError } from '../errors.ts';
import type { Field } from '../http/fields.ts';
import { LIMITS } from '../limits.ts';
import { OtherWire } from './other-wire.ts';
import type { RequestMessage, ResponseUser } from './wire.ts';

/**
 * To an instance that answers in HTTP/1.0. It does not know chunks (RFC 9112, 6.1): Python's own server, for one, takes such a
 * request for one without a body, and says nothing. So the body is waited for, as much of it as is kept for a retry, and sent
 * with its length.
 */
export class LengthWire extends OtherWire {
  #user: ResponseUser | undefined;
  /** What has come, while more is to come. */
  #growing: { readonly message: RequestMessage; readonly body: Buffer[]; bytes: number } | undefined;

  override use(user: ResponseUser): void {
    this.#user = user;
    this.inner.use(user);
  }

  override send(message: RequestMessage): boolean {
    const { request, body, trailers } = message;
    const bytes = body.reduce((sum, { length }) => sum + length, 0);
    if (request.fields.framing.kind !== 'chunked') return this.inner.send(message);
    if (trailers !== undefined) return this.inner.send(withLength(message, body, bytes));
    this.#growing = { message, body: [...body], bytes };
    return this.#hasRoom(bytes);
  }

  override write(bytes: Buffer): boolean {
    const growing = this.#growing;
    if (growing === undefined) return this.inner.write(bytes);
    growing.body.push(bytes);
    growing.bytes += bytes.length;
    return this.#hasRoom(growing.bytes);
  }

  override end(trailers: readonly Field[]): void {
    const growing = this.#growing;
    this.#growing = undefined;
    if (growing === undefined) this.inner.end(trailers);
    else if (growing.bytes <= LIMITS.replayBytes) {
      this.inner.send(withLength(growing.message, growing.body, growing.bytes));
    }
  }

  override destroy(): void {
    this.#user = undefined;
    this.#growing = undefined;
    this.inner.destroy();
  }

  #hasRoom(bytes: number): boolean {
    if (bytes <= LIMITS.replayBytes) return true;
    // Its user is not told in the midst of what it does.
    setImmediate(() => this.#user?.onGone('bad-response', TOO_LONG));
    return false;
  }
}

/** Trailers have no place behind a length. */
function withLength(message: RequestMessage, body: readonly Buffer[], length: number): RequestMessage {
  const { request } = message;
  const fields = { ...request.fields, framing: { kind: 'length', length } } as const;
  return { ...message, request: { ...request, fields }, body, trailers: [] };
}

const TOO_LONG = new ProxyError('length-required', 'the instance speaks HTTP/1.0, and the body is too long to be kept');
