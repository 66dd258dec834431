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
  /** `fields` are added to those of the head, each line with its end. */
  addHead(head: ResponseHead, options: { readonly close: boolean; readonly fields: string }): void;
  addBody(bytes: Buffer): void;
  addEnd(trailers: readonly Field[]): void;
  /** Returns false where the instance should pause. */
  flush(): boolean;
}
