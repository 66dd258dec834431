import { ProxyError } from '../errors.ts';
import { listOf } from '../http/fields.ts';
import type { ResponseHead } from '../http/response-head.ts';
import type { Attempt } from './attempts.ts';
import type { ExchangeClient } from './exchange-client.ts';
import type { ExchangeOrder } from './exchange-order.ts';
import type { Reply } from './reply.ts';
import { Tunnel } from './tunnel.ts';

export interface SwitchOptions {
  readonly order: ExchangeOrder;
  readonly client: ExchangeClient;
  readonly reply: Reply;
  readonly now: () => number;
  readonly onEnd: () => void;
}

/**
 * Tells the client that its instance has switched protocols, and returns the tunnel; throws where nobody asked it to, or not to that one:
 * what follows would mean something else to each of them (RFC 9110, 7.8).
 */
export function switchOver(
  head: ResponseHead,
  attempt: Attempt,
  { order, client: { socket }, reply, now, onEnd }: SwitchOptions,
): Tunnel {
  const { connection } = attempt.wire;
  const { upgrade } = order.request.fields;
  if (socket === undefined || connection === undefined || !isAskedFor(head.upgrade, upgrade)) {
    throw new ProxyError('bad-response', 'the instance switched protocols without being asked to');
  }
  const { bytesRead, bytesWritten } = socket;
  const count = () => {
    order.trail.bytesIn = socket.bytesRead - bytesRead;
    order.trail.bytesOut = socket.bytesWritten - bytesWritten;
    onEnd();
  };
  const isWebSocket = head.upgrade?.toLowerCase() === 'websocket';
  const { idleMs } = order.policy.timeout;
  const onIdle = (why: string) => order.trail.decided('traffic.timeout.idle', why, now());
  const tunnel = new Tunnel({ client: socket, connection, now, idleMs, isWebSocket, onIdle, onEnd: count });
  // Where the instance is leaving already, the tunnel says so at once, and the switch must have gone out before that.
  reply.addSwitch(head);
  reply.flush();
  attempt.endpoint.beginLongLived(attempt, tunnel);
  return tunnel;
}

function isAskedFor(switched = '', asked = ''): boolean {
  const [switches, asks] = [listOf(switched), listOf(asked)];
  return switches.length > 0 && switches.every((protocol) => asks.includes(protocol));
}
