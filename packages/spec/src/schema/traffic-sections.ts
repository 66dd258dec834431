import { z } from 'zod';
import { type Located, mapOf } from '../located.ts';
import { RETRY_CONDITIONS } from '../model.ts';
import { admission, priority } from './admission.ts';
import { balance } from './balance.ts';
import { cache } from './cache.ts';
import { compress } from './compress.ts';
import { fallback } from './fallback.ts';
import { withShorthand } from './notes.ts';
import { byDefault, count, countOr, distinct, duration, durationOr, orOff, percent, sizeOr } from './values.ts';

const timeout = withShorthand(
  z.strictObject({
    connect: byDefault('traffic.timeout.connect', duration(1)).describe('For an instance to take a connection.'),
    request: byDefault('traffic.timeout.request', duration(1)).describe(
      'From the end of the request to the head of the response, over all tries. What follows may take its time.',
    ),
    perTry: duration(1)
      .optional()
      .describe('The same for one try, where another instance may be asked after it; without it, half of `request`.')
      .meta({ examples: ['2s'] }),
    idle: byDefault('traffic.timeout.idle', duration(1)).describe(
      'Without a byte in either direction, once a body or a tunnel flows.',
    ),
  }),
  { written: duration(1), lift: liftRequest },
);

const backoff = z
  .strictObject({
    base: byDefault('traffic.retry.backoff.base', duration()).describe('The first wait is at most this long.'),
    max: byDefault('traffic.retry.backoff.max', duration()).describe(
      'Each next one at most twice as long, up to this.',
    ),
  })
  .prefault({})
  .describe('How long to wait before a try is repeated: drawn anew each time, between nothing and a bound.');

const retry = orOff(
  z.strictObject({
    attempts: byDefault('traffic.retry.attempts', count(1, 5)).describe('Tries beyond the first.'),
    budget: byDefault('traffic.retry.budget', percent()).describe(
      "Retries in percent of the caller's requests of the last 10 s; 10 are always allowed.",
    ),
    on: byDefault('traffic.retry.on', distinct(z.enum(RETRY_CONDITIONS))).describe(
      '`connect-failure`: no connection. `reset`: no response over it. `unavailable`: an instance answered 503.',
    ),
    backoff,
  }),
);

const hedge = orOff(
  z.strictObject({
    delay: byDefault('traffic.hedge.delay', durationOr('p95')).describe(
      'How long the first one may take; `p95`: longer than 95 of 100 answers of the last minute.',
    ),
  }),
);

const outlier = orOff(
  z.strictObject({
    consecutive5xx: byDefault('traffic.outlier.consecutive5xx', count(1)).describe(
      'So many errors in a row (5xx, or no response) eject an instance.',
    ),
    consecutiveGateway: byDefault('traffic.outlier.consecutiveGateway', count(1)).describe(
      'The same, of 502, 503, 504 and no response alone.',
    ),
    failureRate: byDefault('traffic.outlier.failureRate', percent(1)).describe(
      'So many of its requests of the last 30 s must fail, and twice the share of the other instances.',
    ),
    minCalls: byDefault('traffic.outlier.minCalls', count(1, 10_000)).describe(
      'Fewer requests than this, its own or those of the others, prove nothing of that share.',
    ),
    base: byDefault('traffic.outlier.base', duration(1)).describe(
      'How long the first time; the n-th is n times as long.',
    ),
    max: byDefault('traffic.outlier.max', duration(1)).describe('The longest time.'),
    maxPercent: byDefault('traffic.outlier.maxPercent', count(0, 100)).describe(
      'Of all instances, how many may be out. One of two or three always may, and the last never.',
    ),
  }),
);

const breaker = orOff(
  z.strictObject({
    failureRate: byDefault('traffic.breaker.failureRate', percent(1)).describe(
      'So many of the calls of the window must fail: 502, 503, 504, or no response.',
    ),
    slowCall: byDefault('traffic.breaker.slowCall', durationOr('off')).describe(
      'From this on a call is slow, however it ends: the time until the head of its response, or `off`.',
    ),
    slowRate: byDefault('traffic.breaker.slowRate', percent(1)).describe(
      'So many slow calls of the window open it too. Only with `slowCall`.',
    ),
    window: byDefault('traffic.breaker.window', duration(1_000)).describe('Which calls count.'),
    minCalls: byDefault('traffic.breaker.minCalls', count(1, 10_000)).describe('Fewer calls than this prove nothing.'),
    open: byDefault('traffic.breaker.open', duration(1)).describe(
      'How long calls are refused the first time; each next time in a row twice as long.',
    ),
    maxOpen: byDefault('traffic.breaker.maxOpen', duration(1)).describe('The longest time.'),
    halfOpen: byDefault('traffic.breaker.halfOpen', count(1, 100)).describe(
      'So many calls are then let through; all must succeed.',
    ),
  }),
);

/** The proxy itself takes no more than 32Ki. */
const headersSize = () => sizeOr('off', { least: '1Ki', most: '32Ki' });
const bodySize = () => sizeOr('off', { least: '1Ki' });

const limits = z.strictObject({
  connections: byDefault('traffic.limits.connections', count(1, 100_000)).describe(
    'Connections to its instances: requests, WebSockets and plain connections together.',
  ),
  pending: byDefault('traffic.limits.pending', count(0, 10_000)).describe('Requests that wait for their turn.'),
  requests: byDefault('traffic.limits.requests', countOr('auto', count(1, 100_000)))
    .describe('Requests in flight: a number, or `auto`, found by watching how long answers take.')
    .meta({ examples: ['auto', 50] }),
  queue: byDefault('traffic.limits.queue', duration()).describe(
    'How long a request waits for its turn; then it is refused.',
  ),
  requestHeaders: byDefault('traffic.limits.requestHeaders', headersSize())
    .describe("Of a request's header fields; beyond that the answer is 431. `off`: what the proxy itself takes, 32Ki.")
    .meta({ examples: ['8Ki'] }),
  requestBody: byDefault('traffic.limits.requestBody', bodySize())
    .describe("Of a request's body; beyond that the answer is 413.")
    .meta({ examples: ['10Mi'] }),
  responseHeaders: byDefault('traffic.limits.responseHeaders', headersSize())
    .describe(
      "Of a response's header fields; beyond that the caller gets 502. `off`: what the proxy itself takes, 32Ki.",
    )
    .meta({ examples: ['8Ki'] }),
  responseBody: byDefault('traffic.limits.responseBody', bodySize())
    .describe(
      "Of a response's body; beyond that the caller gets 502, or, where the length was not told, a response that breaks off.",
    )
    .meta({ examples: ['10Mi'] }),
});

const BY = /^(client|route|header:[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,64}|jwt:[A-Za-z0-9_.:/-]{1,64})$/;

const oneRateLimit = z.strictObject({
  rps: count(1, 1_000_000)
    .describe('Requests in a second, in the long run.')
    .meta({ examples: [50] }),
  burst: count(1, 1_000_000)
    .optional()
    .describe('Requests at once after a quiet time; without it, twice `rps`.')
    .meta({ examples: [100] }),
  by: byDefault(
    'traffic.rateLimit.by',
    z
      .string()
      .regex(BY, 'expected client, route, header: and the name of a header, or jwt: and the name of a claim')
      .meta({ title: 'key' }),
  ).describe(
    'Who has a limit of its own: each `client` (an address, or a service that calls), each value of a header (`header:<name>`), ' +
      'each value of a claim of a verified token (`jwt:<claim>`, with `gateway.identity` in islet.yaml), or `route`: all together.',
  ),
});

/** One, a list, or none. */
const rateLimit = withShorthand(z.array(oneRateLimit).max(8), {
  written: z.union([z.literal('off'), oneRateLimit]),
  lift: (node) => {
    if (node.kind === 'map') return { kind: 'list', place: node.place, items: [node] };
    return node.kind === 'scalar' && node.value === 'off' ? { kind: 'list', place: node.place, items: [] } : node;
  },
});

const accessLog = z.strictObject({
  sample: byDefault('traffic.accessLog.sample', count(0, 1_000)).describe(
    'Requests in a second that are kept although they went well. Errors, slow ones and those that a rule changed always are.',
  ),
  slow: byDefault('traffic.accessLog.slow', duration(1)).describe('From this on a request is slow.'),
});

/** Every section of a policy. Each can be overridden for a route or a caller. */
export const sections = {
  balance: balance
    .prefault({})
    .describe('Which instance gets a request: an algorithm, or written out.')
    .meta({ examples: ['round-robin', { algorithm: 'ring-hash', key: 'header:x-tenant' }] }),
  timeout: timeout
    .prefault({})
    .describe('How long callers wait: until the head of the response, or written out.')
    .meta({ examples: ['2s', { request: '2s', perTry: '500ms' }] }),
  retry: retry
    .prefault({})
    .describe('Which requests are sent again, to another instance, or `off`. Only what is safe to repeat ever is.')
    .meta({ examples: ['off', { attempts: 2 }] }),
  hedge: byDefault('traffic.hedge', hedge)
    .describe(
      'Whether a second instance is asked the same when the first one is slow, and whoever answers first is heard.',
    )
    .meta({ examples: ['off', {}, { delay: '50ms' }] }),
  outlier: outlier
    .prefault({})
    .describe('When an instance that fails or hangs gets no requests for a while, or `off`.')
    .meta({ examples: ['off', { base: '10s' }] }),
  breaker: breaker
    .prefault({})
    .describe("When a caller's calls are refused at once because too many have failed, or `off`.")
    .meta({ examples: ['off', { failureRate: '80%' }] }),
  limits: limits
    .prefault({})
    .describe('What each caller may have in flight to the service, so that none takes it all.')
    .meta({ examples: [{ requests: 50 }] }),
  priority: priority
    .describe('How important requests are: when there are too many, the lowest are shed first and wait longest.')
    .meta({ examples: ['low'] }),
  admission: admission
    .prefault({})
    .describe('When requests are shed at once because most are refused, or `off`.')
    .meta({ examples: ['off', { header: 'x-priority' }] }),
  rateLimit: rateLimit
    .prefault([])
    .describe(
      'How often it may be asked; beyond that the answer is 429. One limit, a list, or `off`; off unless declared.',
    )
    .meta({ examples: [{ rps: 50, burst: 100 }, 'off'] }),
  cache: byDefault('traffic.cache', cache)
    .describe('Keeps responses as they allow it, and answers with them. Off unless declared.')
    .meta({ examples: [{ freshFor: '10s' }] }),
  compress: byDefault('traffic.compress', compress)
    .describe('Compresses responses for clients that accept it. Off unless declared.')
    .meta({ examples: [{ min: '1Ki' }] }),
  fallback: byDefault('traffic.fallback', fallback)
    .describe('What callers get where the service gives no answer. Off unless declared.')
    .meta({ examples: [{ respond: { body: '[]' } }] }),
  accessLog: accessLog
    .prefault({})
    .describe('Which requests that went well are written to the access log, for `islet explain` and traces.')
    .meta({ examples: [{ sample: 100 }] }),
};

function liftRequest(node: Located): Located {
  return node.kind === 'scalar' && node.value !== null ? mapOf(node.place, { request: node }) : node;
}
