import { z } from 'zod';
import { slo } from './slo.ts';

/** What is seen of a service, and what is promised of it. */
export const telemetry = z
  .strictObject({
    slo: slo
      .prefault({})
      .describe('What the service promises over 30 days; who spends too much of what may fail raises an alert.')
      .meta({ examples: [{ availability: '99.9%', latency: { p99: '300ms' } }, 'off'] }),
  })
  .prefault({})
  .describe('What is seen of the service, and what is promised of it.');
