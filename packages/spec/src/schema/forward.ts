import { z } from 'zod';
import { FORWARD_SIGNALS } from '../telemetry-model.ts';
import { bySystemDefault, distinct, duration, headerName, secretName, size } from './values.ts';

export const signal = () => z.enum(FORWARD_SIGNALS);

const headerValue = z.union(
  [
    z.string().regex(/^[\t\x20-\x7e]{1,4096}$/, 'a header has one line of printable characters'),
    z.strictObject({ secret: secretName().describe('Name of the secret that holds it.') }),
  ],
  { error: 'expected text, or { secret: name }' },
);

/** One backend that speaks OTLP. Keys are named as those of the OpenTelemetry Collector's `otlp` exporter. */
export const forward = z
  .strictObject({
    url: z
      .string()
      .regex(
        /^https?:\/\/[^\s/?#@]+(\/[^\s?#]*)?$/,
        'expected the URL of a backend, without user and password: https://otel.example.com:4318',
      )
      .describe(
        'Where it takes OTLP. Over HTTP, `/v1/traces`, `/v1/logs` and `/v1/metrics` are put behind it; over gRPC its path must be empty.',
      )
      .meta({ examples: ['https://otel.example.com:4318'] }),
    protocol: bySystemDefault('telemetry.forward.protocol', z.enum(['http', 'grpc'])).describe(
      'OTLP over HTTP or over gRPC, both with protobuf.',
    ),
    headers: z
      .record(headerName(), headerValue)
      .prefault({})
      .describe('Headers of each message, such as the one that says who sends it. A value may be a secret.')
      .meta({ examples: [{ authorization: { secret: 'otel-token' } }] }),
    signals: bySystemDefault('telemetry.forward.signals', distinct(signal()).min(1)).describe('What it gets.'),
    compression: bySystemDefault('telemetry.forward.compression', z.enum(['gzip', 'none'])).describe(
      'How messages are compressed.',
    ),
    timeout: bySystemDefault('telemetry.forward.timeout', duration(100, 60_000)).describe(
      'How long one message may take.',
    ),
    queue: bySystemDefault('telemetry.forward.queue', size()).describe(
      'How much of each signal may wait on the disk while the backend is away; beyond it the oldest goes.',
    ),
    ca: z
      .string()
      .min(1)
      .optional()
      .describe(
        "A file with the authorities, in PEM, by one of which the backend's certificate must be issued; without it, those that everybody trusts. Relative to the system's folder, or absolute. A new file is used within a second.",
      )
      .meta({ title: 'path', examples: ['certs/collector-ca.pem'] }),
  })
  .superRefine(({ url, protocol, ca }, context) => {
    if (ca !== undefined && url.startsWith('http:')) {
      context.addIssue({
        code: 'custom',
        message: 'a backend without TLS shows no certificate',
        path: ['ca'],
        params: { hint: `write https in ${url}, or leave ca out` },
      });
    }
    if (protocol !== 'grpc' || new URL(url).pathname === '/') return;
    context.addIssue({
      code: 'custom',
      message: 'over gRPC a backend has no path',
      path: ['url'],
      params: { hint: `write ${new URL(url).origin}, or protocol: http` },
    });
  });
