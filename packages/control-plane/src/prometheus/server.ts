import { createServer } from 'node:http';
import type { Logger } from 'pino';

export interface PrometheusParts {
  /** Undefined: nobody asked for it. */
  readonly port: () => number | undefined;
  readonly metrics: () => Promise<string>;
  readonly targets: () => readonly Target[];
  readonly log: Pick<Logger, 'warn' | 'info'>;
}

/** What HTTP service discovery tells: https://prometheus.io/docs/prometheus/latest/http_sd/ */
export interface Target {
  readonly targets: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
}

const FORMAT = 'text/plain; version=0.0.4; charset=utf-8';
const LOOK_MS = 2_000;

/**
 * Listens where the file says, as soon as it can, and for as long as it says so. Whoever is on this machine may read it: it says
 * how much and how fast, and nothing of what.
 */
export function servePrometheus({ port, metrics, targets, log }: PrometheusParts): Disposable {
  let wanted: number | undefined;
  let told = '';
  const server = createServer((request, response) => {
    const send = (type: string, body: string) => response.writeHead(200, { 'content-type': type }).end(body);
    const [path] = (request.url ?? '').split('?');
    if (request.method !== 'GET') response.writeHead(405, { allow: 'GET' }).end();
    else if (path === '/targets') send('application/json', JSON.stringify(targets()));
    else if (path === '/metrics') {
      metrics().then(
        (text) => send(FORMAT, text),
        () => response.writeHead(500).end(),
      );
    } else response.writeHead(404, { 'content-type': 'text/plain' }).end('here are /metrics and /targets\n');
  });
  server.on('error', (error: NodeJS.ErrnoException) => {
    const why = `port ${wanted}: ${error.code ?? error.message}`;
    if (why !== told) log.warn({ why }, 'Prometheus can not be answered');
    told = why;
  });
  const look = () => {
    const next = port();
    if (next === wanted && (server.listening || next === undefined)) return;
    if (server.listening) {
      server.close();
      server.closeAllConnections();
    }
    wanted = next;
    if (next !== undefined) server.listen(next, '127.0.0.1');
  };
  look();
  const timer = setInterval(look, LOOK_MS);
  return {
    [Symbol.dispose]: () => {
      clearInterval(timer);
      server.close();
      server.closeAllConnections();
    },
  };
}
