import { z } from 'zod';
import { callers, routes } from './overrides.ts';
import { sections } from './traffic-sections.ts';

/** One policy, without what is otherwise for some. */
export const policy = z.strictObject(sections);

export const traffic = policy
  .extend({
    routes: routes
      .prefault([])
      .describe(
        'What is otherwise for some routes: any of the sections above. A request belongs to one: the most specific that matches.',
      )
      .meta({ examples: [[{ match: 'POST /orders', timeout: '5s' }]] }),
    callers: callers
      .prefault({})
      .describe(
        'What is otherwise for some callers, services that use this one or `gateway` for the public: any of the sections above.',
      )
      .meta({ examples: [{ web: { timeout: '1s' } }] }),
  })
  .prefault({})
  .describe('How the proxy carries requests to the service, whoever calls.');

export type ParsedPolicy = z.output<typeof policy>;
