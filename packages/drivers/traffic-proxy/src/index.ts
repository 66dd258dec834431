import { request } from 'node:http';
import type { TrafficDriver, TrafficObservation } from '@islet/driver';

function call(socketPath: string, method: string, path: string, body?: unknown): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const r = request({ socketPath, method, path, headers: { 'content-type': 'application/json' } }, (res) => {
      let t = '';
      res
        .setEncoding('utf8')
        .on('data', (c) => (t += c))
        .on('end', () =>
          res.statusCode === 200 ? resolve(t ? JSON.parse(t) : undefined) : reject(new Error(`${res.statusCode} ${t}`)),
        );
    });
    r.on('error', reject);
    r.end(body === undefined ? undefined : JSON.stringify(body));
  });
}
export function createProxyTraffic({
  socketPath,
}: {
  socketPath: string;
}): TrafficDriver & { stats(): Promise<unknown> } {
  return {
    publish: async (table) => void (await call(socketPath, 'PUT', '/table', table)),
    observe: async () => {
      try {
        const s = (await call(socketPath, 'GET', '/state')) as object;
        return { kind: 'reachable', ...s } as TrafficObservation;
      } catch (e) {
        return { kind: 'unreachable', reason: String(e) };
      }
    },
    watch: (f) => {
      const t = setInterval(f, 300);
      return { [Symbol.dispose]: () => clearInterval(t) };
    },
    stats: () => call(socketPath, 'GET', '/stats'),
    close: async () => {},
  };
}
