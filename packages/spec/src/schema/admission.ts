import { z } from 'zod';
import { PRIORITIES } from '../content-model.ts';
import { byDefault, count, duration, orOff } from './values.ts';

export const priority = byDefault('traffic.priority', z.enum(PRIORITIES));

export const admission = orOff(
  z.strictObject({
    k: byDefault('traffic.admission.k', count(1, 100)).describe(
      'So many times what the service accepts is sent to it; the rest is shed.',
    ),
    window: byDefault('traffic.admission.window', duration(1_000)).describe('Which requests count.'),
    header: z
      .string()
      .regex(/^[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,64}$/, 'expected the name of a header')
      .optional()
      .describe(
        'Where services say how important a request is: critical, high, normal or low. The public is not believed.',
      )
      .meta({ examples: ['x-priority'] }),
  }),
);
