import fc from 'fast-check';

/** Valid `service.yaml` files as JSON, which is YAML: every section, in every form. */
export const validService = fc.record(
  {
    language: fc.constantFrom('Go', 'TypeScript'),
    run: fc.record(
      {
        command: fc.constantFrom('x', 'x ${port}', 'x ${HOME}'),
        build: fc.constant('make'),
        env: fc.dictionary(
          fc.constantFrom('A', 'B'),
          fc.oneof(fc.integer(), fc.boolean(), fc.constant({ secret: 's' })),
        ),
        resources: fc.record(
          { cpu: fc.constantFrom(0.5, '250m'), memory: fc.constantFrom('1Gi', 5_000_000) },
          { requiredKeys: [] },
        ),
        stop: fc.record(
          { grace: fc.constantFrom('0s', '1m'), drain: fc.constant('5s'), longLived: fc.constantFrom('0s', '1h') },
          { requiredKeys: [] },
        ),
      },
      { requiredKeys: ['command'] },
    ),
    api: fc.record(
      {
        expose: fc.constantFrom('/a', 'h.example.com/', ['/a', { path: '/b', strip: true }], { host: 'h', path: '/' }),
        protocol: fc.constant('http'),
      },
      { requiredKeys: [] },
    ),
    database: fc.constantFrom('postgres', 'sqlite', { engine: 'postgres' }, { url: { secret: 's' } }),
    health: fc.record(
      {
        startup: fc.constantFrom('/s', { deadline: '2m' }, { exec: 'x' }),
        ready: fc.constantFrom('/r', { tcp: true }, { period: '5s' }, { grpc: '' }),
        live: fc.constantFrom('/l', { http: '/l', fall: 5 }),
      },
      { requiredKeys: [] },
    ),
    scale: fc.constantFrom(1, 3, { min: 2 }, { max: 4 }, { min: 2, max: 4 }, { max: 4, target: { rps: 9, p95: '1s' } }),
    rollout: fc.constantFrom(
      { strategy: 'recreate' },
      { maxUnavailable: 1 },
      { minHealthy: '0s' },
      { strategy: 'canary', steps: ['10%', '50% 5m by hand'], preview: { cookie: 'p' }, mirror: '5%' },
      { strategy: 'blue-green', autoPromote: false, analysis: 'off' },
      { analysis: { tooFew: 'pause', memory: 'off' } },
    ),
    security: fc.constantFrom({}, { allow: [] }),
    telemetry: fc.constantFrom(
      {},
      { logs: { keep: '1d' } },
      { traces: { sample: 0, slow: '2s' }, maxDisk: '64Mi' },
      { forward: ['logs'] },
      { forward: [] },
    ),
    test: fc.record({ unit: fc.constant('u'), smoke: fc.constant('s') }, { requiredKeys: [] }),
  },
  { requiredKeys: ['run'] },
);

const KEYS = [
  ...[
    'name',
    'run',
    'command',
    'env',
    'api',
    'expose',
    'uses',
    'database',
    'health',
    'ready',
    'scale',
    'min',
    'telemetry',
    'traces',
    'sample',
    'url',
    'secret',
  ],
  ...['system', 'services', 'environments', 'gateway', 'port', '__proto__', 'constructor', 'toString', '', '0'],
];

/** Anything that YAML could hold, under keys that mean something. */
export const anything = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 5, withCrossShrink: true },
    fc.constantFrom<unknown>(null, true, -1, 1.5, '', 'x', '/x', '10s', 'a/b', '${', '${port}', '${uses.a.url}', '*'),
    fc.string(),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(fc.constantFrom(...KEYS), tie('value'), { maxKeys: 6 }),
  ),
})).value;
