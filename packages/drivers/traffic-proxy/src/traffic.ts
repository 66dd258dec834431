import {
  type CallOptions,
  DriverError,
  type RevisionTraffic,
  type TrafficChange,
  type TrafficDriver,
  type TrafficObservation,
} from '@islet/driver';
import type { CachePurge, RequestRecord, RoutingTable } from '@islet/policy';
import type { ControlRefusal, ProxyState, ProxyStats } from '@islet/proxy';
import { ControlClient } from './control-client.ts';
import { revisionTraffic } from './revision-traffic.ts';
import { watchProxy } from './watch.ts';

export interface ProxyTraffic extends TrafficDriver {
  /** Counters of every edge and instance. Throws `unavailable` where the proxy can't be reached. */
  stats(options: CallOptions): Promise<ProxyStats>;
  /** The records of a request id, the oldest first. */
  requests(id: string, options: CallOptions): Promise<readonly RequestRecord[]>;
  /** A token for callers at the gateway. */
  explainToken(forMs: number, options: CallOptions): Promise<string>;
  /** Returns how many stored responses went. */
  purge(purge: CachePurge, options: CallOptions): Promise<number>;
  /** All that the proxy says of itself, what was lost in its last death included. */
  state(options: CallOptions): Promise<ProxyState>;
}

/** Traffic by Islet's own proxy, whose control API is on this Unix socket. */
export function createProxyTraffic({ socketPath }: { readonly socketPath: string }): ProxyTraffic {
  const client = new ControlClient(socketPath);
  const closed = new AbortController();

  async function get<T>(path: string, { signal }: Partial<CallOptions>): Promise<T> {
    const { status, body } = await client.call({ method: 'GET', path, ...(signal === undefined ? {} : { signal }) });
    if (status !== 200) throw new DriverError('internal', `the proxy answered ${path} with ${status}`);
    return body as T;
  }

  return {
    async publish(table: RoutingTable, { signal }: CallOptions): Promise<void> {
      const { status, body } = await client.call({ method: 'PUT', path: '/table', body: table, signal });
      if (status !== 200) throw refusal(status, body);
    },

    async observe(): Promise<TrafficObservation> {
      try {
        return { kind: 'reachable', ...(await get<ProxyState>('/state', {})) };
      } catch (thrown) {
        return { kind: 'unreachable', reason: DriverError.from(thrown).reason };
      }
    },

    async revisions(options: CallOptions): Promise<readonly RevisionTraffic[]> {
      const { revisions } = await get<ProxyStats>('/stats', options);
      return revisions.map(revisionTraffic);
    },

    watch(onChange: (change: TrafficChange) => void): Disposable {
      const ended = new AbortController();
      void watchProxy(client, onChange, AbortSignal.any([ended.signal, closed.signal]));
      return { [Symbol.dispose]: () => ended.abort() };
    },

    async close(): Promise<void> {
      closed.abort();
      client.close();
    },

    requests: (id, options) => get(`/requests/${encodeURIComponent(id)}`, options),
    async explainToken(forMs, { signal }) {
      const path = `/explain-tokens?forMs=${forMs}`;
      const { status, body } = await client.call({ method: 'POST', path, signal });
      if (status !== 200) throw refusal(status, body);
      return (body as { readonly token: string }).token;
    },
    async purge({ service, path, group }, { signal }) {
      const asked = { service, ...(path === undefined ? {} : { path }), ...(group === undefined ? {} : { group }) };
      const { status, body } = await client.call({
        method: 'POST',
        path: `/purge?${new URLSearchParams(asked)}`,
        signal,
      });
      if (status !== 200) throw refusal(status, body);
      return (body as { readonly purged: number }).purged;
    },
    stats: (options) => get('/stats', options),
    state: (options) => get('/state', options),
  };
}

function refusal(status: number, body: unknown): DriverError {
  const { code, message } = (body as ControlRefusal).error;
  if (code === 'older-table')
    return new DriverError('conflict', message, { hint: 'publish a table with a new version' });
  if (status < 500) return new DriverError('refused', message);
  return new DriverError('internal', message);
}
