import { z } from 'zod';
import { LIMITS } from '../limits.ts';
import { forward } from './forward.ts';
import { count, duration, port, size } from './values.ts';

const keep = (what: string) =>
  z.strictObject({
    keep: duration(60_000, LIMITS.longestKeepMs).optional().describe(`How long ${what} are kept.`),
  });

/** What holds for every service whose own file says nothing else. The same keys and limits as there. */
const defaults = () => ({
  logs: keep('logs')
    .extend({
      correlate: z
        .boolean('expected true or false')
        .optional()
        .describe('Put the ids of the trace behind what Node services print by `console` for a request.'),
    })
    .optional()
    .describe('Of services whose own file says nothing else.'),
  traces: z
    .strictObject({
      keep: duration(60_000, LIMITS.longestKeepMs).optional().describe('How long traces are kept.'),
      sample: count(0, 100_000)
        .optional()
        .describe('Unremarkable traces that are kept in each second, of each service.'),
      slow: duration(1).optional().describe('A trace that takes longer is slow.'),
    })
    .optional()
    .describe('Of services whose own file says nothing else.'),
  metrics: keep('metrics').optional().describe('Of services whose own file says nothing else.'),
  maxDisk: size({ least: '16Mi' })
    .optional()
    .describe('How large all telemetry of one service may be, where its own file says nothing else.')
    .meta({ examples: ['2Gi'] }),
  instrument: z
    .boolean('expected true or false')
    .optional()
    .describe('Whether services are traced by their runtime, where their own file says nothing else.')
    .meta({ examples: [false] }),
});

const prometheus = z.strictObject({
  port: port()
    .describe('Where, on this machine alone.')
    .meta({ examples: [9464] }),
});

const keys = () => ({
  ...defaults(),
  prometheus: prometheus
    .optional()
    .describe('Let a Prometheus read all metrics of the system at `/metrics`, and find its targets at `/targets`.')
    .meta({ examples: [{ port: 9464 }] }),
  forward: z
    .array(forward)
    .max(LIMITS.forwards)
    .optional()
    .describe('Backends that speak OTLP, which get a copy of all telemetry.')
    .meta({
      examples: [[{ url: 'https://otel.example.com:4318', headers: { authorization: { secret: 'otel-token' } } }]],
    }),
});

/** What of the system's section are defaults of services' own. */
export const SERVICE_KEYS = Object.keys(defaults());

/** How telemetry is kept where services say nothing else, and how other systems get at it. */
export const systemTelemetry = z
  .strictObject(keys())
  .prefault({})
  .describe("How long services' telemetry is kept where their own files say nothing else, and who else gets it.");

export const telemetryOverlay = z.strictObject(keys()).describe('Laid over `telemetry`.');
