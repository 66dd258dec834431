import { z } from 'zod';
import { byDefault, duration, objective } from './values.ts';

export const OFF_OR_OBJECTIVE = 'expected "off" or a percentage such as 99.9%';

const within = (share: string) =>
  duration(1).optional().describe(`So long at most for ${share} of the requests that are answered.`);

/** What a service promises those who call it, over 30 days that move along. */
export const slo = z.union(
  [
    z.literal('off'),
    z.strictObject({
      availability: byDefault(
        'telemetry.slo.availability',
        z.union([z.literal('off'), objective()], { error: OFF_OR_OBJECTIVE }),
      )
        .describe(
          'How many of the requests are not failed by the service: an answer of 500 or above is a failure, and so is none. ' +
            'What the caller did wrong, or was limited by, is none.',
        )
        .meta({ examples: ['99.5%'] }),
      latency: z
        .strictObject({
          p50: within('50 %'),
          p90: within('90 %'),
          p95: within('95 %'),
          p99: within('99 %'),
        })
        .optional()
        .describe('How long answers may take, from the head of the request to the end of the answer.')
        .meta({ examples: [{ p99: '300ms' }, { p50: '50ms', p99: '1s' }] }),
    }),
  ],
  { error: 'expected "off" or a section of keys' },
);
