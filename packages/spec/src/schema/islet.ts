import { z } from 'zod';
import { alerts } from './alerts.ts';
import { offMachine } from './off-machine.ts';
import { systemTelemetry, telemetryOverlay } from './system-telemetry.ts';
import { tls } from './tls.ts';
import { bySystemDefault, cpu, distinct, name, port, relativePath, size } from './values.ts';

const host = () =>
  z
    .string()
    .regex(/^(?![^:]*:[0-9]*$)[A-Za-z0-9.:_-]+$/, 'a host is an address of this machine, or a name, without a port');

const workers = () => z.int().min(1).max(16);

const NETWORK_RULE = 'expected an address, or a network: 10.0.0.0/8';
const anyNetwork = z.union([z.ipv4(), z.ipv6(), z.cidrv4(), z.cidrv6()]);

/** An editor checks its characters. */
const network = () =>
  z
    .string()
    .regex(/^[0-9A-Fa-f.:]+(\/[0-9]{1,3})?$/, NETWORK_RULE)
    .refine((text) => anyNetwork.safeParse(text).success, NETWORK_RULE);

const proxyProtocol = z.strictObject({
  from: distinct(network())
    .min(1)
    .max(100)
    .describe(
      'Addresses and networks whose connections begin with a header of the PROXY protocol, version 2. They must, and the address in it is ' +
        "the client's; nobody else may.",
    )
    .meta({ examples: [['10.0.0.0/8']] }),
});

const identity = z.strictObject({
  issuer: z
    .string()
    .min(1)
    .describe('Who issues the tokens: what `iss` must be.')
    .meta({ examples: ['https://id.example.com'] }),
  audience: z
    .string()
    .min(1)
    .optional()
    .describe('Whom the tokens are for: what `aud` must hold. Without it, tokens for anybody count.')
    .meta({ examples: ['shop'] }),
  jwks: z
    .string()
    .regex(/^(?!http:\/\/(?!localhost[:/]|127\.0\.0\.1[:/]))./, 'keys come over https, or from a file')
    .describe(
      "The issuer's public keys as a JWK set: an `https` address, which is fetched when a key is not known, or a file (relative to the system's folder, or absolute).",
    )
    .meta({ examples: ['https://id.example.com/.well-known/jwks.json', 'keys/issuer.json'] }),
});

const gateway = z.strictObject({
  host: bySystemDefault('gateway.host', host()).describe('The address to listen on; `0.0.0.0` is every one.'),
  port: bySystemDefault('gateway.port', port()).describe('The port to listen on.'),
  workers: bySystemDefault('gateway.workers', workers()).describe(
    'Threads that carry all traffic, public and internal, on the same ports; limits hold for all of them together. More than one ' +
      'pays where the proxy would need more than a core.',
  ),
  proxyProtocol: proxyProtocol
    .optional()
    .describe('Where a load balancer stands before the gateway: whose connections say first whom they come from.'),
  identity: identity
    .optional()
    .describe(
      'Whose tokens (JWT) say who a client is, for rate limits by a claim; without it, no token says anything.',
    ),
  tls: tls
    .optional()
    .describe('Speak TLS (1.2 and newer), with HTTP/2 for clients that know it; without it, plain HTTP.'),
});

const machineKeys = () => ({
  cpu: cpu()
    .optional()
    .describe('Cores that services may have together; without it, all but one of the machine.')
    .meta({ examples: [4] }),
  memory: size()
    .optional()
    .describe('Memory that services may have together; without it, 80 % of the machine.')
    .meta({ examples: ['12Gi'] }),
});

const machine = z
  .strictObject(machineKeys())
  .prefault({})
  .describe(
    'What automatic scaling may give away. Every service gets its `scale.min` in any case; what is left goes by `scale.priority`, ' +
      'counted in what `run.resources` says, or in what an instance was seen to use.',
  );

/** Checked once it is laid over the service's own file. */
export const servicePart = z.record(z.string(), z.unknown());

const overlay = z.strictObject({
  gateway: z
    .strictObject({
      host: host().optional().describe('Instead of `gateway.host`.'),
      port: port().optional().describe('Instead of `gateway.port`.'),
      workers: workers().optional().describe('Instead of `gateway.workers`.'),
      proxyProtocol: proxyProtocol.optional().describe('Instead of `gateway.proxyProtocol`.'),
      identity: identity.optional().describe('Instead of `gateway.identity`.'),
      tls: tls.optional().describe('Instead of `gateway.tls`, as a whole.'),
    })
    .optional()
    .describe('Laid over `gateway`.'),
  machine: z.strictObject(machineKeys()).optional().describe('Laid over `machine`.'),
  telemetry: telemetryOverlay.optional(),
  services: z
    .record(name(), servicePart)
    .optional()
    .describe(
      'For each service, a part of a `service.yaml`, laid over its own: sections are merged, all else is replaced.',
    ),
});

/** The system's file. Only `system` is required. */
export const islet = z.strictObject({
  system: name()
    .describe("The system's name.")
    .meta({ examples: ['shop'] }),
  services: bySystemDefault('services', distinct(relativePath()).min(1))
    .describe(
      'Folders of services; `*` stands for any name in one folder. A folder is one if it holds a `service.yaml`.',
    )
    .meta({ examples: [['services/*', 'tools/mailer']] }),
  gateway: gateway.prefault({}).describe('The public entrance.'),
  machine,
  backup: offMachine
    .optional()
    .describe('Where the second copy of all backups is kept, off this machine.')
    .meta({
      examples: [
        { to: 's3://example-backups/shop', accessKey: { secret: 'backup-id' }, secretKey: { secret: 'backup-key' } },
      ],
    }),
  alerts,
  telemetry: systemTelemetry,
  environments: z
    .record(name(), overlay)
    .prefault({})
    .describe('What differs where: `islet up --env production` lays `production` over all files.')
    .meta({ examples: [{ production: { gateway: { port: 80 }, services: { orders: { scale: 4 } } } }] }),
});

export type ParsedIslet = z.output<typeof islet>;
