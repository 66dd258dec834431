import type { Field } from '../http/fields.ts';
import type { ResponseHead } from '../http/response-head.ts';

/** What a head says beside what its instance said. */
export interface HeadOptions {
  readonly close: boolean;
  /** Added to its own, each line with its end. */
  readonly fields: string;
}

/**
 * The response to one request, on its way to the client, whatever the wire. What is added goes out with the next `flush`;
 * bytes are views that are only valid until then.
 */
export interface Reply {
  /** The client's connection ends with it. */
  readonly close: boolean;
  addInformational(head: ResponseHead): void;
  addSwitch(head: ResponseHead): void;
  addHead(head: ResponseHead, options: HeadOptions): void;
  addBody(bytes: Buffer): void;
  addEnd(trailers: readonly Field[]): void;
  /** Returns false where the instance should pause. */
  flush(): boolean;
}

/** A response that is all there. */
export interface WholeResponse {
  readonly head: ResponseHead;
  /** Undefined: it has none. */
  readonly body: Buffer | undefined;
}

/** Adds all of a response; it goes out with the next `flush`. */
export function addWhole(reply: Reply, { head, body }: WholeResponse, options: HeadOptions): void {
  reply.addHead(head, options);
  if (body !== undefined && body.length > 0) reply.addBody(body);
  reply.addEnd([]);
}
