import { z } from 'zod';
import { CONTENT_CODINGS } from '../content-model.ts';
import { byDefault, distinct, orOff, size } from './values.ts';

const TYPE = /^[A-Za-z0-9!#$&^_.+-]+\/(\*|[A-Za-z0-9!#$&^_.+-]+)$/;

export const compress = orOff(
  z.strictObject({
    encodings: byDefault('traffic.compress.encodings', distinct(z.enum(CONTENT_CODINGS))).describe(
      'Those that are offered; the first is taken where the client likes several alike.',
    ),
    min: byDefault('traffic.compress.min', size({ least: '1', most: '64Mi' })).describe(
      'A response that is known to be shorter is sent as it is.',
    ),
    types: byDefault(
      'traffic.compress.types',
      distinct(
        z
          .string()
          .regex(TYPE, 'a media type such as application/json, or text/* for all of a kind')
          .transform((type) => type.toLowerCase())
          .meta({ title: 'media type' }),
      ),
    ).describe('Media types that gain by it. Streams of events are never compressed.'),
  }),
);
