import assert from 'node:assert/strict';
import { Agent, type IncomingHttpHeaders, type RequestListener, request } from 'node:http';
import { type TestContext, test } from 'node:test';
import type { TrafficOverride, TrafficSpec } from '@islet/spec';
import { DEFAULT_TRAFFIC } from '@islet/spec/traffic';
import { CACHE } from './cache-world.ts';
import { httpInstance, world } from './world.ts';

/*
 * Whatever a file says of traffic may be said of the service, of a route, of a caller, and of a caller on a route, while
 * clients hold their connections open. Here sections are said in each of these places, and taken back; what takes several
 * requests to be seen, as a breaker, has tests of its own.
 */

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly reused: boolean;
}

interface Section {
  readonly policy: Partial<TrafficSpec>;
  /** Asked so often; the last answer counts. */
  readonly times?: number;
  readonly path?: string;
  readonly holds: (answer: Answer) => boolean;
}

const { timeout, limits, balance } = DEFAULT_TRAFFIC;
const SECTIONS: Readonly<Record<string, Section>> = {
  balance: {
    policy: { balance: { ...balance, sticky: { cookie: 'home', maxAgeMs: 60_000 } } },
    holds: ({ headers }) => headers['set-cookie']?.[0]?.startsWith('home=') === true,
  },
  timeout: {
    policy: { timeout: { ...timeout, requestMs: 1_000, perTryMs: 500 } },
    holds: ({ headers }) => Number(headers['x-had-ms']) <= 1_000,
  },
  retry: { policy: { retry: undefined }, path: '/r/flaky', holds: ({ status }) => status === 502 },
  limits: {
    policy: { limits: { ...limits, sizes: { ...limits.sizes, responseBody: 1_024 } } },
    holds: ({ status }) => status === 502,
  },
  rateLimit: {
    policy: { rateLimit: [{ rps: 1, burst: 1, by: { kind: 'route' } }] },
    times: 2,
    holds: ({ status }) => status === 429,
  },
  cache: {
    policy: { cache: { ...CACHE, freshForMs: 60_000 } },
    times: 2,
    holds: ({ headers }) => String(headers['cache-status']).includes('hit'),
  },
  compress: {
    policy: { compress: { encodings: ['gzip'], minBytes: 1_024, types: ['text/*'] } },
    holds: ({ headers }) => headers['content-encoding'] === 'gzip',
  },
  fallback: {
    policy: {
      fallback: {
        unanswered: true,
        statuses: [500],
        to: { kind: 'respond', status: 200, type: 'text/plain', body: 'less', file: undefined },
      },
    },
    path: '/r/broken',
    holds: ({ headers }) => headers['x-islet-fallback'] === 'respond',
  },
};

const SCOPES = [
  { where: 'the service', caller: undefined, route: undefined },
  { where: 'a route', caller: undefined, route: '/r/**' },
  { where: 'a caller', caller: 'web', route: undefined },
  { where: 'a caller on a route', caller: 'web', route: '/r/**' },
] as const;

function overrideOf(policy: Partial<TrafficSpec>, { caller, route }: (typeof SCOPES)[number]): TrafficOverride {
  const changes = Object.keys(policy) as (keyof TrafficSpec)[];
  return { at: [], caller, route: route && { method: undefined, path: route }, changes, policy };
}

/** Says how long it was given; fails, breaks off for the first time, and answers, as its path says. */
function moods(): RequestListener {
  const seen = new Set<unknown>();
  return ({ url = '', headers, socket }, response) => {
    const id = headers['x-request-id'];
    const isFirst = !seen.has(id);
    seen.add(id);
    // Each try has a connection of its own: the end of a kept one is no failure.
    response.setHeader('connection', 'close').setHeader('x-had-ms', String(headers['x-islet-deadline-ms']));
    if (url.endsWith('flaky') && isFirst) socket.resetAndDestroy();
    else if (url.endsWith('broken')) response.writeHead(500).end('broken');
    // Not by writeHead: with that its length would not be told.
    else response.setHeader('content-type', 'text/plain').end('y'.repeat(2_048));
  };
}

/** Asks over one connection, which stays open. */
function client(t: TestContext, port: number) {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  t.after(() => agent.destroy());
  return (path: string): Promise<Answer> =>
    new Promise((resolve, reject) => {
      const headers = { 'accept-encoding': 'gzip', host: 'known.example' };
      const outgoing = request({ port, agent, path, headers }, (response) => {
        const { statusCode: status = 0 } = response.once('error', reject);
        response
          .resume()
          .once('end', () => resolve({ status, headers: response.headers, reused: outgoing.reusedSocket }));
      });
      outgoing.once('error', reject).end();
    });
}

for (const [name, { policy, times = 1, path = '/r/a', holds }] of Object.entries(SECTIONS)) {
  for (const scope of SCOPES) {
    test(`traffic.${name} of ${scope.where} comes and goes while connections stay, and holds nowhere else`, async (t) => {
      const { edge, gateway, change } = await world(t, [await httpInstance(t, moods())]);
      const [web, outside] = [client(t, edge), client(t, gateway)];
      const last = async (ask: typeof web, target: string) => {
        let answer = await ask(target);
        for (let nth = 1; nth < times; nth++) answer = await ask(target);
        return answer;
      };
      const use = (overrides: readonly TrafficOverride[]) => change({ traffic: { ...DEFAULT_TRAFFIC, overrides } });
      const elsewhere = path.replace('/r/', '/other/');
      assert.equal(holds(await last(web, path)), false, 'before');
      await last(outside, path);
      if (scope.route === undefined && scope.caller === undefined)
        await change({ traffic: { ...DEFAULT_TRAFFIC, ...policy } });
      else await use([overrideOf(policy, scope)]);
      const answer = await last(web, path);
      assert.deepEqual([holds(answer), answer.reused], [true, true]);
      if (scope.caller !== undefined) assert.equal(holds(await last(outside, path)), false, 'another caller');
      if (scope.route !== undefined) assert.equal(holds(await last(web, elsewhere)), false, 'another route');
      await use([]);
      const after = await last(web, path);
      assert.deepEqual([holds(after), after.reused], [false, true]);
    });
  }
}
