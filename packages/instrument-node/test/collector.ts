import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import type { TestContext } from 'node:test';

export interface Span {
  readonly name: string;
  readonly kind: number;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly status?: { readonly code: number; readonly message?: string };
}

interface Batch {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: readonly { key: string; value: { stringValue: string } }[] };
    readonly scopeSpans: readonly { readonly spans: readonly Span[] }[];
  }[];
}

/** Takes spans as telemetry does, and keeps them. */
export async function collect(t: TestContext) {
  const spans: Span[] = [];
  const waiting = new Set<() => void>();
  const place = { url: '', resource: {}, seen: spans as readonly Span[], until };
  const server = createServer(async (request, response) => {
    if (request.method === 'POST') {
      for (const { resource, scopeSpans } of ((await json(request)) as Batch).resourceSpans) {
        place.resource = Object.fromEntries(resource.attributes.map(({ key, value }) => [key, value.stringValue]));
        for (const scope of scopeSpans) spans.push(...scope.spans);
      }
    }
    response.end();
    for (const look of waiting) look();
  });
  place.url = await listen(t, server);
  return place;

  function until(holds: (seen: readonly Span[]) => boolean): Promise<readonly Span[]> {
    return new Promise((resolve) => {
      const look = () => {
        if (!holds(spans)) return;
        waiting.delete(look);
        resolve(spans);
      };
      waiting.add(look);
      look();
    });
  }
}

/** Another service, that remembers how it was asked. */
export async function askable(t: TestContext) {
  const traceparents: (string | undefined)[] = [];
  const server = createServer(({ headers }, response) => {
    traceparents.push(headers.traceparent as string | undefined);
    response.end('next');
  });
  return { url: await listen(t, server), traceparents };
}

async function listen(t: TestContext, server: Server): Promise<string> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
