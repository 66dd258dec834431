import { z } from 'zod';
import { PROTOCOLS } from '../model.ts';
import { expose } from './expose.ts';
import { byDefault, port, relativePath } from './values.ts';

export const api = z
  .strictObject({
    protocol: byDefault('api.protocol', z.enum(PROTOCOLS)).describe(
      'What the service speaks on `$PORT`: `http` is HTTP/1.1, `grpc` is HTTP/2 without TLS; both are balanced per request. ' +
        '`tcp` is passed through per connection.',
    ),
    http2: z
      .literal(true)
      .optional()
      .describe(
        'For `http`: the service speaks HTTP/2 without TLS from the first byte (h2c with prior knowledge), and so do its probes. Its ' +
          'callers speak what they like.',
      ),
    contract: relativePath()
      .optional()
      .describe('The file that describes the interface: OpenAPI, or Protocol Buffers.')
      .meta({ examples: ['openapi.yaml'] }),
    expose: expose
      .prefault([])
      .describe(
        'Public routes on the gateway; without it, only services that use this one reach it. One route, or a list; each a ' +
          'path, a host with a path, or written out.',
      )
      .meta({ examples: ['/api/orders', 'shop.example.com/', { path: '/api/orders', strip: true }] }),
    proxyProtocol: z
      .literal(true, 'expected true; without the key there is none')
      .optional()
      .describe(
        'For `tcp`: each connection begins with a header of the PROXY protocol, version 2, which says whom it comes from, and in a value ' +
          '`0xe0` which service calls.',
      ),
    port: port()
      .optional()
      .describe(
        "A fixed port of the machine, for programs that can't be told one. It allows one instance only, and no rollout " +
          'without a pause.',
      )
      .meta({ examples: [2525] }),
  })
  .prefault({})
  .describe('How others reach the service.');
