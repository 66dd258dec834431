import { isCompressible, negotiateCoding } from '@islet/policy';
import type { CompressSpec, ContentCoding } from '@islet/spec';
import { type Field, fieldValues, parseFields, serialiseFields } from '../http/fields.ts';
import type { RequestHead } from '../http/request-head.ts';
import type { ResponseHead } from '../http/response-head.ts';
import type { Runtime } from '../runtime.ts';
import type { Call } from './call.ts';
import { ClientWait } from './client-wait.ts';
import type { Encoder } from './encoders.ts';
import type { ExchangeClient } from './exchange-client.ts';
import type { HeadOptions, Reply } from './reply.ts';

export interface CompressedReplyOptions {
  readonly reply: Reply;
  readonly request: RequestHead;
  readonly spec: CompressSpec;
  readonly runtime: Pick<Runtime, 'encoders' | 'now'>;
  readonly client: Pick<ExchangeClient, 'deadlineAt'>;
  readonly call: Pick<Call, 'patience'>;
  readonly user: CompressedUser;
}

/** Who feeds the encoder. */
export interface CompressedUser {
  /** The encoder takes more. */
  onEncoderDrain(): void;
  /** All has gone to the client; or, with `broken`, what is missing never will. */
  onEncoded(outcome: { readonly broken: boolean }): void;
}

/**
 * A response on its way through an encoder, where the client accepts that and the response gains by it. Bytes come out of
 * the encoder in another turn of the loop, so the response may be read to its end long before it is written.
 */
export class CompressedReply implements Reply {
  /** For its client, where that is not the call's: the encoder has a pace of its own. */
  readonly wait: ClientWait;
  readonly #options: CompressedReplyOptions;
  #encoder: Encoder | undefined;
  /** Whoever made it may wait between two pieces: none may be kept back for the next. */
  #flushes = false;
  #trailers: readonly Field[] | undefined;

  constructor(options: CompressedReplyOptions) {
    this.#options = options;
    const { client, call, runtime } = options;
    this.wait = new ClientWait({ client, patience: call.patience, now: runtime.now });
  }

  get close(): boolean {
    return this.#options.reply.close;
  }

  /** Something has not come out of the encoder yet. */
  get isPending(): boolean {
    return this.#encoder !== undefined;
  }

  addInformational(head: ResponseHead): void {
    this.#options.reply.addInformational(head);
  }

  addSwitch(head: ResponseHead): void {
    this.#options.reply.addSwitch(head);
  }

  addHead(head: ResponseHead, options: HeadOptions): void {
    const { reply, request, spec, runtime } = this.#options;
    const fields = parseFields(head.passed);
    if (head.status === 304 || head.status === 206) {
      reply.addHead({ ...head, passed: this.#asOfTheWhole(head, fields) }, options);
      return;
    }
    if (!isWorthIt(head, fields, spec)) {
      reply.addHead(head, options);
      return;
    }
    const isBodiless = head.framing.kind === 'none';
    const coding = isBodiless && request.method !== 'HEAD' ? undefined : this.#wanted;
    if (isBodiless && coding !== undefined) {
      // What is told of a body is told of the one that GET would get (RFC 9110, 8.6 and 9.3.2).
      reply.addHead({ ...encodedHead(head, fields, coding), framing: head.framing }, options);
      return;
    }
    const encoder = coding && runtime.encoders.tryOpen(coding);
    const told =
      coding && encoder ? encodedHead(head, fields, coding) : { ...head, passed: varied(head.passed, fields) };
    if (encoder !== undefined) this.#begin(encoder, { flushes: head.framing.kind !== 'length' });
    reply.addHead(told, options);
  }

  addBody(bytes: Buffer): void {
    if (this.#encoder === undefined) this.#options.reply.addBody(bytes);
    else this.#encoder.write(Buffer.from(bytes));
  }

  addEnd(trailers: readonly Field[]): void {
    if (this.#encoder === undefined) {
      this.#options.reply.addEnd(trailers);
      return;
    }
    this.#trailers = trailers;
    this.#encoder.end();
  }

  flush(): boolean {
    const more = this.#options.reply.flush();
    if (this.#encoder === undefined) return more;
    if (this.#flushes && this.#trailers === undefined) this.#encoder.flush();
    return !this.#encoder.writableNeedDrain;
  }

  /** The client takes more. */
  resume(): void {
    this.wait.end();
    this.#encoder?.resume();
  }

  /** What has not come out yet is for nobody. */
  abort(): void {
    this.#encoder?.destroy();
    this.#encoder = undefined;
  }

  /**
   * Of a confirmation, or a part, what the whole would have said (RFC 9110, 15.3.7 and 15.4.5): that it varies, and the tag of the copy
   * that its client has, which is a weak one where that is compressed.
   */
  #asOfTheWhole({ status }: ResponseHead, fields: readonly Field[]): string {
    const asked = fieldValues(parseFields(this.#options.request.fields.passed)).get('if-none-match') ?? '';
    const told = fields.map((field) => {
      const weak = weakened(field.value);
      return status === 304 && field.lower === 'etag' && asked.includes(weak) ? { ...field, value: weak } : field;
    });
    return varied(serialiseFields(told), fields);
  }

  get #wanted(): ContentCoding | undefined {
    const { request, spec } = this.#options;
    const accepted = fieldValues(parseFields(request.fields.passed)).get('accept-encoding');
    return negotiateCoding(accepted, spec.encodings);
  }

  #begin(encoder: Encoder, { flushes }: { readonly flushes: boolean }): void {
    const { reply, user } = this.#options;
    this.#encoder = encoder;
    this.#flushes = flushes;
    const isOurs = () => this.#encoder === encoder;
    encoder.on('data', (bytes: Buffer) => {
      if (!isOurs()) return;
      reply.addBody(bytes);
      if (reply.flush()) return;
      encoder.pause();
      this.wait.begin();
    });
    encoder.on('drain', () => isOurs() && user.onEncoderDrain());
    encoder.on('end', () => {
      if (!isOurs()) return;
      this.#encoder = undefined;
      reply.addEnd(this.#trailers ?? []);
      reply.flush();
      user.onEncoded({ broken: false });
    });
    encoder.on('error', () => {
      if (!isOurs()) return;
      this.#encoder = undefined;
      user.onEncoded({ broken: true });
    });
  }
}

function isWorthIt(
  { status, framing, toldLength }: ResponseHead,
  fields: readonly Field[],
  spec: CompressSpec,
): boolean {
  const values = fieldValues(fields);
  return isCompressible(
    {
      status,
      contentType: values.get('content-type'),
      contentEncoding: values.get('content-encoding'),
      cacheControl: values.get('cache-control'),
      length: framing.kind === 'length' ? framing.length : toldLength,
    },
    spec,
  );
}

/**
 * The head of the encoded response: another representation of the same, so its tag is weak (RFC 9110, 8.8.1), digests and
 * lengths of the bytes don't hold, and nobody can ask for a part of it.
 */
function encodedHead(head: ResponseHead, fields: readonly Field[], coding: ContentCoding): ResponseHead {
  const kept = fields
    .filter(({ lower }) => !OF_THE_BYTES.has(lower))
    .map((field) => (field.lower === 'etag' ? { ...field, value: weakened(field.value) } : field));
  const passed = `${varied(serialiseFields(kept), fields)}Content-Encoding: ${coding}\r\n`;
  return { ...head, passed, framing: { kind: 'chunked' }, toldLength: undefined };
}

/** Also what goes out as it is would be another for another client: caches must know (RFC 9110, 12.5.5). */
function varied(passed: string, fields: readonly Field[]): string {
  const vary = fieldValues(fields).get('vary') ?? '';
  return /(?:^|[\s,])(?:\*|accept-encoding)(?:$|[\s,])/i.test(vary) ? passed : `${passed}Vary: Accept-Encoding\r\n`;
}

function weakened(etag: string): string {
  return etag.startsWith('W/') ? etag : `W/${etag}`;
}

const OF_THE_BYTES: ReadonlySet<string> = new Set([
  ...['accept-ranges', 'content-digest', 'content-encoding', 'content-md5', 'digest'],
]);
