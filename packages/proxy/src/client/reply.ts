import type { Field } from '../http/fields.ts';
import type { ResponseHead } from '../http/response-head.ts';

/**
 * The response to one request, on its way to the client, whatever the wire. What is added goes out with the next `flush`;
 * bytes are views that are only valid until then.
 */
export interface Reply {
  /** The client's connection ends with it. */
  readonly close: boolean;
  addInformational(head: ResponseHead): void;
  addSwitch(head: ResponseHead): void;
  addHead(head: ResponseHead, options: { readonly close: boolean }): void;
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
export function addWhole(reply: Reply, { head, body }: WholeResponse, { close }: { readonly close: boolean }): void {
  reply.addHead(head, { close });
  if (body !== undefined && body.length > 0) reply.addBody(body);
  reply.addEnd([]);
}
