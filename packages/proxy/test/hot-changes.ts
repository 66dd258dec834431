/**
 * Of each key of a traffic section a value before and after, of which either lets a load of harmless requests through. Where a key
 * means something only beside another, both stand there.
 */
export const HOT_CHANGES: Readonly<Record<string, readonly [before: object, after: object]>> = {
  'balance.algorithm': [{ balance: 'random' }, { balance: 'round-robin' }],
  'balance.choiceCount': [{ balance: { choiceCount: 2 } }, { balance: { choiceCount: 3 } }],
  'balance.key': [ring({ key: 'client' }), ring({ key: 'header:x-tenant' })],
  'balance.bound': [ring({ key: 'client', bound: '150%' }), ring({ key: 'client', bound: '200%' })],
  'balance.decay': [ewma({ decay: '5s' }), ewma({ decay: '10s' })],
  'balance.defaultRtt': [ewma({ defaultRtt: '5ms' }), ewma({ defaultRtt: '10ms' })],
  'balance.slowStart.window': [
    { balance: { slowStart: { window: '1s' } } },
    { balance: { slowStart: { window: '2s' } } },
  ],
  'balance.slowStart.from': [{ balance: { slowStart: { from: '10%' } } }, { balance: { slowStart: { from: '20%' } } }],
  'balance.panic': [{ balance: { panic: '0%' } }, { balance: { panic: '70%' } }],
  'balance.sticky.cookie': [{ balance: { sticky: 'off' } }, { balance: { sticky: 'home' } }],
  'balance.sticky.maxAge': [sticky('1d'), sticky('2d')],
  'timeout.connect': [{ timeout: { connect: '4s' } }, { timeout: { connect: '5s' } }],
  'timeout.request': [{ timeout: '20s' }, { timeout: '30s' }],
  'timeout.perTry': [{ timeout: { perTry: '10s' } }, { timeout: { perTry: '11s' } }],
  'timeout.idle': [{ timeout: { idle: '1m' } }, { timeout: { idle: '2m' } }],
  'retry.attempts': [{ retry: 'off' }, { retry: { attempts: 2 } }],
  'retry.budget': [{ retry: { budget: '10%' } }, { retry: { budget: '30%' } }],
  'retry.on': [{ retry: { on: ['reset'] } }, { retry: { on: ['unavailable'] } }],
  'retry.backoff.base': [{ retry: { backoff: { base: '5ms' } } }, { retry: { backoff: { base: '6ms' } } }],
  'retry.backoff.max': [{ retry: { backoff: { max: '1s' } } }, { retry: { backoff: { max: '2s' } } }],
  'hedge.delay': [{ hedge: 'off' }, { hedge: { delay: '5s' } }],
  'outlier.consecutive5xx': [{ outlier: 'off' }, { outlier: { consecutive5xx: 7 } }],
  'outlier.consecutiveGateway': [{ outlier: { consecutiveGateway: 4 } }, { outlier: { consecutiveGateway: 6 } }],
  'outlier.failureRate': [{ outlier: { failureRate: '60%' } }, { outlier: { failureRate: '70%' } }],
  'outlier.minCalls': [{ outlier: { minCalls: 30 } }, { outlier: { minCalls: 40 } }],
  'outlier.base': [{ outlier: { base: '6s' } }, { outlier: { base: '7s' } }],
  'outlier.max': [{ outlier: { max: '2m' } }, { outlier: { max: '3m' } }],
  'outlier.maxPercent': [{ outlier: { maxPercent: 10 } }, { outlier: { maxPercent: 20 } }],
  'breaker.failureRate': [{ breaker: 'off' }, { breaker: { failureRate: '80%' } }],
  'breaker.slowCall': [{ breaker: { slowCall: 'off' } }, { breaker: { slowCall: '9s' } }],
  'breaker.slowRate': [slowRate('60%'), slowRate('70%')],
  'breaker.window': [{ breaker: { window: '20s' } }, { breaker: { window: '40s' } }],
  'breaker.minCalls': [{ breaker: { minCalls: 30 } }, { breaker: { minCalls: 40 } }],
  'breaker.open': [{ breaker: { open: '6s' } }, { breaker: { open: '7s' } }],
  'breaker.maxOpen': [{ breaker: { maxOpen: '2m' } }, { breaker: { maxOpen: '3m' } }],
  'breaker.halfOpen': [{ breaker: { halfOpen: 2 } }, { breaker: { halfOpen: 4 } }],
  'limits.connections': [{ limits: { connections: 500 } }, { limits: { connections: 600 } }],
  'limits.pending': [{ limits: { pending: 50 } }, { limits: { pending: 60 } }],
  'limits.requests': [{ limits: { requests: 'auto' } }, { limits: { requests: 50 } }],
  'limits.queue': [{ limits: { queue: '20s' } }, { limits: { queue: '30s' } }],
  'limits.requestHeaders': [{ limits: { requestHeaders: 'off' } }, { limits: { requestHeaders: '8Ki' } }],
  'limits.requestBody': [{ limits: { requestBody: 'off' } }, { limits: { requestBody: '1Mi' } }],
  'limits.responseHeaders': [{ limits: { responseHeaders: 'off' } }, { limits: { responseHeaders: '8Ki' } }],
  'limits.responseBody': [{ limits: { responseBody: 'off' } }, { limits: { responseBody: '1Mi' } }],
  priority: [{ priority: 'low' }, { priority: 'high' }],
  'admission.k': [{ admission: 'off' }, { admission: { k: 3 } }],
  'admission.window': [{ admission: { window: '1m' } }, { admission: { window: '3m' } }],
  'admission.header': [{ admission: {} }, { admission: { header: 'x-priority' } }],
  'rateLimit.rps': [{ rateLimit: 'off' }, { rateLimit: { rps: 100_000 } }],
  'rateLimit.burst': [{ rateLimit: { rps: 9_999, burst: 50_000 } }, { rateLimit: { rps: 9_999, burst: 60_000 } }],
  'rateLimit.by': [{ rateLimit: { rps: 100_000 } }, { rateLimit: { rps: 100_000, by: 'route' } }],
  'cache.memory': [{ cache: 'off' }, { cache: { memory: '1Mi' } }],
  'cache.maxBody': [{ cache: { maxBody: '2Ki' } }, { cache: { maxBody: '3Ki' } }],
  'cache.freshFor': [{ cache: { freshFor: '0s' } }, { cache: { freshFor: '1s' } }],
  'cache.staleWhileRevalidate': [{ cache: { staleWhileRevalidate: '1s' } }, { cache: { staleWhileRevalidate: '2s' } }],
  'cache.staleIfError': [{ cache: { staleIfError: '1s' } }, { cache: { staleIfError: '2s' } }],
  'cache.acrossRevisions': [{ cache: { acrossRevisions: false } }, { cache: { acrossRevisions: true } }],
  'compress.encodings': [{ compress: 'off' }, { compress: { encodings: ['gzip'] } }],
  'compress.min': [{ compress: { min: '2Ki' } }, { compress: { min: '3Ki' } }],
  'compress.types': [{ compress: { types: ['text/*'] } }, { compress: { types: ['application/json'] } }],
  'fallback.on': [{ fallback: 'off' }, { fallback: { on: ['unanswered', 500], respond: { body: '' } } }],
  'fallback.respond.status': [respond({ body: '', status: 200 }), respond({ body: '', status: 203 })],
  'fallback.respond.type': [respond({ body: '', type: 'text/plain' }), respond({ body: '', type: 'text/html' })],
  'fallback.respond.body': [respond({ body: 'a' }), respond({ body: 'b' })],
  'fallback.respond.file': [respond({ body: 'a' }), respond({ file: 'instead.json' })],
  'fallback.service': [respond({ body: 'a' }), { fallback: { service: 'web' } }],
  'accessLog.sample': [{ accessLog: { sample: 1 } }, { accessLog: { sample: 2 } }],
  'accessLog.slow': [{ accessLog: { slow: '2s' } }, { accessLog: { slow: '3s' } }],
};

function ring(balance: object): object {
  return { balance: { algorithm: 'ring-hash', ...balance } };
}

function ewma(balance: object): object {
  return { balance: { algorithm: 'peak-ewma', ...balance } };
}

function sticky(maxAge: string): object {
  return { balance: { sticky: { cookie: 'home', maxAge } } };
}

function slowRate(rate: string): object {
  return { breaker: { slowCall: '9s', slowRate: rate } };
}

function respond(answer: object): object {
  return { fallback: { respond: answer } };
}
