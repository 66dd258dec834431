import { z } from 'zod';
import { LIMITS } from '../limits.ts';
import { type Located, mapOf } from '../located.ts';
import { urlPath } from './expose.ts';
import { atMostOneOf, exactlyOneOf, withShorthand } from './notes.ts';
import { byDefault, command, count, duration } from './values.ts';

const TARGETS = ['http', 'tcp', 'grpc', 'exec'] as const;

const targets = {
  http: urlPath()
    .optional()
    .describe('Ask this path; 200 to 399 is a yes.')
    .meta({ examples: ['/readyz'] }),
  tcp: z.literal(true).optional().describe('A connection is a yes.'),
  grpc: z
    .string()
    .optional()
    .describe('Ask grpc.health.v1 for this service; "" is the whole server.')
    .meta({ examples: [''] }),
  exec: command()
    .optional()
    .describe("Run this in the instance's environment; exit status 0 is a yes.")
    .meta({ examples: ['./healthcheck.sh'] }),
};

const period = () => duration(LIMITS.shortestPeriodMs);
const timeout = () => duration(1);
const path = { written: urlPath(), lift: liftPath };

export const startup = withShorthand(
  atMostOneOf(
    z.strictObject({
      ...targets,
      fastPeriod: byDefault('health.startup.fastPeriod', period()).describe('How often to ask at first.'),
      fastFor: byDefault('health.startup.fastFor', duration()).describe('How long "at first" is.'),
      period: byDefault('health.startup.period', period()).describe('How often to ask after that.'),
      timeout: byDefault('health.startup.timeout', timeout()).describe('How long one answer may take.'),
      deadline: byDefault('health.startup.deadline', duration(1)).describe('An instance not up by then has failed.'),
    }),
    TARGETS,
  ),
  path,
);

export const ready = withShorthand(
  atMostOneOf(
    z.strictObject({
      ...targets,
      period: byDefault('health.ready.period', period()).describe('How often to ask.'),
      timeout: byDefault('health.ready.timeout', timeout()).describe('How long one answer may take.'),
      fall: byDefault('health.ready.fall', count(1)).describe('So many failures in a row take it out of traffic.'),
      rise: byDefault('health.ready.rise', count(1)).describe('So many successes in a row bring it back.'),
    }),
    TARGETS,
  ),
  path,
);

export const live = withShorthand(
  exactlyOneOf(
    z.strictObject({
      ...targets,
      period: byDefault('health.live.period', period()).describe('How often to ask.'),
      timeout: byDefault('health.live.timeout', timeout()).describe('How long one answer may take.'),
      fall: byDefault('health.live.fall', count(1)).describe('So many failures in a row restart it.'),
      rise: byDefault('health.live.rise', count(1)).describe('So many successes in a row forget earlier failures.'),
    }),
    TARGETS,
  ),
  path,
);

export const health = z
  .strictObject({
    startup: startup
      .prefault({})
      .describe('Is it up? The first yes is. Asks what `ready` asks, unless told otherwise.')
      .meta({ examples: [{ deadline: '2m' }] }),
    ready: ready
      .prefault({})
      .describe(
        'May it take traffic? Without a target: does it accept a connection (http, tcp), or is it SERVING (grpc).',
      )
      .meta({ examples: ['/readyz', { http: '/readyz', period: '2s' }] }),
    live: live
      .optional()
      .describe('Must it be restarted? Off unless declared. It must not ask a dependency.')
      .meta({ examples: ['/livez'] }),
  })
  .prefault({})
  .describe('How the service is asked for its state, from outside. Each is a path, or written out.');

function liftPath(node: Located): Located {
  return node.kind === 'scalar' && typeof node.value === 'string' ? mapOf(node.place, { http: node }) : node;
}
