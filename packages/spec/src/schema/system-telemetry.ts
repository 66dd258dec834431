import { z } from 'zod';
import { port } from './values.ts';

/** How other systems get at the telemetry of this one. */
export const systemTelemetry = z
  .strictObject({
    prometheus: z
      .strictObject({
        port: port()
          .describe('Where, on this machine alone.')
          .meta({ examples: [9464] }),
      })
      .optional()
      .describe('Let a Prometheus read all metrics of the system at `/metrics`, and find its targets at `/targets`.')
      .meta({ examples: [{ port: 9464 }] }),
  })
  .prefault({})
  .describe("How other systems get at this one's telemetry.");
