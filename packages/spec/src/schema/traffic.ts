import { z } from 'zod';
import { type Located, mapOf } from '../located.ts';
import { withShorthand } from './notes.ts';
import { byDefault, duration } from './values.ts';

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

export const traffic = z
  .strictObject({
    timeout: timeout
      .prefault({})
      .describe('How long callers wait: until the head of the response, or written out.')
      .meta({ examples: ['2s', { request: '2s', perTry: '500ms' }] }),
  })
  .prefault({})
  .describe('How the proxy carries requests to the service, whoever calls.');

export type ParsedTraffic = z.output<typeof traffic>;

function liftRequest(node: Located): Located {
  return node.kind === 'scalar' && node.value !== null ? mapOf(node.place, { request: node }) : node;
}
