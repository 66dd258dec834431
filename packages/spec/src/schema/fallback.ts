import { z } from 'zod';
import { LIMITS } from '../limits.ts';
import { exactlyOneOf } from './notes.ts';
import { byDefault, name, orOff, relativePath } from './values.ts';

const respond = exactlyOneOf(
  z.strictObject({
    status: byDefault('traffic.fallback.respond.status', z.int('expected a status').min(200).max(599)).describe(
      'The status of the answer.',
    ),
    type: byDefault(
      'traffic.fallback.respond.type',
      z
        .string()
        .regex(/^[\x21-\x7e]+\/[\x20-\x7e]+$/, 'a media type such as application/json')
        .max(200),
    ).describe('Its `Content-Type`.'),
    body: z
      .string()
      .max(LIMITS.fallbackBytes, `a body has at most ${LIMITS.fallbackBytes} bytes`)
      .optional()
      .describe('Its body.')
      .meta({ examples: ['[]'] }),
    file: relativePath()
      .optional()
      .describe("Instead of `body`: a text file, read when the system's files are.")
      .meta({ examples: ['fallback.json'] }),
  }),
  ['body', 'file'],
);

const condition = z.union([z.literal('unanswered'), z.int().min(400).max(599)], {
  error: 'expected unanswered, or a status from 400 to 599',
});

export const fallback = orOff(
  exactlyOneOf(
    z.strictObject({
      on: byDefault('traffic.fallback.on', z.array(condition).min(1)).describe(
        '`unanswered`: the proxy itself would answer with 5xx. A number: the service has answered with that status.',
      ),
      respond: respond
        .optional()
        .describe('An answer that is always the same.')
        .meta({ examples: [{ body: '[]' }] }),
      service: name()
        .optional()
        .describe(
          'Another service, asked in the name of this one, which must have it in `uses`. Only for GET, HEAD and OPTIONS.',
        )
        .meta({ examples: ['orders-archive'] }),
    }),
    ['respond', 'service'],
  ),
);
