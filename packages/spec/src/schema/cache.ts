import { z } from 'zod';
import { byDefault, duration, orOff, size } from './values.ts';

export const cache = orOff(
  z.strictObject({
    memory: byDefault('traffic.cache.memory', size({ least: '64Ki', most: '64Gi' })).describe(
      'For all its responses together; the least recently used go first.',
    ),
    maxBody: byDefault('traffic.cache.maxBody', size({ least: '1Ki', most: '64Mi' })).describe(
      'A response with a longer body is not stored.',
    ),
    freshFor: byDefault('traffic.cache.freshFor', duration()).describe(
      'For responses that say nothing of it themselves; with 0s those are not stored.',
    ),
    staleWhileRevalidate: byDefault('traffic.cache.staleWhileRevalidate', duration()).describe(
      'For so long past its time a response is still used at once, while the service is asked for the next one.',
    ),
    staleIfError: byDefault('traffic.cache.staleIfError', duration()).describe(
      'For so long past its time a response is used where the service fails.',
    ),
    acrossRevisions: byDefault('traffic.cache.acrossRevisions', z.boolean()).describe(
      'Use what one revision answered for the next one too.',
    ),
  }),
);
