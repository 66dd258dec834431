import { ProxyError } from '../errors.ts';
import type { ResponseHead } from '../http/response-head.ts';
import type { Attempt } from './attempts.ts';
import type { ExchangeClient } from './exchange-client.ts';
import type { ExchangeOrder } from './exchange-order.ts';
import { Tunnel } from './tunnel.ts';

export interface TunnelOfOptions {
  readonly order: ExchangeOrder;
  readonly client: ExchangeClient;
  readonly now: () => number;
  readonly onEnd: () => void;
}

/** What an exchange becomes whose instance has switched protocols; throws where nobody asked it to. */
export function tunnelOf(
  head: ResponseHead,
  { wire: { connection } }: Attempt,
  { order, client: { socket }, now, onEnd }: TunnelOfOptions,
): Tunnel {
  if (socket === undefined || connection === undefined || !order.request.fields.upgrade || !head.upgrade) {
    throw new ProxyError('bad-response', 'the instance switched protocols without being asked to');
  }
  const { bytesRead, bytesWritten } = socket;
  const count = () => {
    order.trail.bytesIn = socket.bytesRead - bytesRead;
    order.trail.bytesOut = socket.bytesWritten - bytesWritten;
    onEnd();
  };
  return new Tunnel({ client: socket, connection, now, idleMs: order.policy.timeout.idleMs, onEnd: count });
}
