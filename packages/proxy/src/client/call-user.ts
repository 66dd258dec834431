import type { ProxyError } from '../errors.ts';
import type { Field } from '../http/fields.ts';
import type { ResponseHead } from '../http/response-head.ts';
import type { Runtime } from '../runtime.ts';
import type { Attempt } from './attempts.ts';
import type { ExchangeClient } from './exchange-client.ts';
import type { ExchangeOrder } from './exchange-order.ts';
import type { BodyFlow } from './request-body.ts';

/**
 * Who wants the response. A call ends with `onNoAnswer`, with `onBroken`, with the flush
 * after `onBodyEnd`, or as a tunnel.
 */
export interface CallUser {
  readonly order: ExchangeOrder;
  readonly runtime: Runtime;
  /** Whose body is paused where an instance takes no more, and whose deadline follows the call. */
  readonly client: BodyFlow & Pick<ExchangeClient, 'deadlineAt' | 'socket' | 'stream'>;
  onInformational(head: ResponseHead): void;
  /** The instance has switched protocols, as it was asked to: its connection is the user's from now on. */
  onSwitch(head: ResponseHead, attempt: Attempt): void;
  /** `status`: how the call went, in HTTP's terms; undefined where only the end of a gRPC response will tell. */
  onHead(head: ResponseHead, answer: { readonly status: number | undefined; readonly revision: string }): void;
  onBody(bytes: Buffer): void;
  /** `status`: as of `onHead`, where that had none. */
  onBodyEnd(trailers: readonly Field[], status: number | undefined): void;
  /** All that one read brought has been told. Returns false where the instance should pause. */
  onFlush(): boolean;
  /** No instance has answered, and none will be asked any more. */
  onNoAnswer(error: ProxyError): void;
  /** The response broke off after its head, for this reason. */
  onBroken(error: ProxyError): void;
  /** The client had ended its side, and nothing has come for it since: it has left. */
  onAbandoned(): void;
}
