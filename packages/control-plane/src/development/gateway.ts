import { join } from 'node:path';
import { ApiError } from '@islet/client';
import { layoutOf } from '@islet/driver';
import {
  type CertificateFiles,
  developmentTroubles,
  type Exposed,
  type GatewaySpec,
  isDevelopmentName,
  isLoopback,
} from '@islet/spec';
import type { Logger } from 'pino';
import type { Clock } from '../clock.ts';
import type { Applied } from '../store/applied.ts';
import { authorityFile, authorityFolder, openAuthority } from './authority.ts';
import { ensureCertificate } from './certificate.ts';
import type { Names } from './x509.ts';

/** Where the development certificate of a system's gateway is. */
export function developmentFiles(state: string): CertificateFiles {
  const folder = layoutOf.gatewayTls({ state, runtime: state });
  return { cert: join(folder, 'development.pem'), key: join(folder, 'development.key') };
}

/** Whom the gateway's certificate is for: this machine, and those hosts that the authority can speak for. */
export function namesOf({ gateway, services }: Pick<Applied, 'gateway' | 'services'>): Names {
  const hosts = exposedOf(services).map(({ host }) => host);
  const listens = isLoopback(gateway.host) && gateway.host !== 'localhost' ? [gateway.host] : [];
  return {
    hosts: [...new Set(['localhost', ...hosts.filter(isDevelopmentName).sort()])],
    addresses: [...new Set(['127.0.0.1', '::1', ...listens])],
  };
}

/** What a development certificate takes away, for as long as it does; each a sentence with its remedy. */
export function developmentWarnings({ gateway, environment, services }: Applied): readonly string[] {
  const troubles = developmentTroubles(gateway, { environment, exposed: exposedOf(services) });
  return troubles.map(({ message, hint }) => `${message}: ${hint}`);
}

/** What this machine has for a gateway's clients; none where its certificate is somebody else's. */
export function developmentNotes(gateway: GatewaySpec, file = authorityFile()): readonly string[] {
  if (!isDevelopment(gateway)) return [];
  return [`the gateway's certificate is of the development authority: clients are to trust ${file}`];
}

/** Sees to the certificate of what is asked for, where it is one of the development authority. */
export async function certify(
  applied: Pick<Applied, 'gateway' | 'services'>,
  now: number,
  folder = authorityFolder(),
): Promise<void> {
  if (!isDevelopment(applied.gateway)) return;
  const [files] = applied.gateway.tls.certificates;
  if (files === undefined) return;
  try {
    await ensureCertificate({ files, names: namesOf(applied), now }, await openAuthority(folder, now));
  } catch (error) {
    const { message } = error as Error;
    throw new ApiError('conflict', `the development authority in ${folder} can't be used: ${message}`, {
      hint: 'let the user of Islet write there, or name certificates in gateway.tls',
      cause: error,
    });
  }
}

/** Looks again and again, so that a certificate is renewed long before it ends. Its readers see the new file by themselves. */
export function keepCertified(parts: {
  readonly applied: () => Applied | undefined;
  readonly clock: Clock;
  readonly log: Pick<Logger, 'error'>;
  /** Of the authority. */
  readonly folder?: string;
}): Disposable {
  const { applied, clock, log, folder } = parts;
  let timer: Disposable | undefined;
  let isOver = false;
  const look = async () => {
    const now = applied();
    if (now !== undefined) {
      await certify(now, clock.now(), folder).catch((error: Error) =>
        log.error({ error: error.message }, 'the development certificate is not renewed'),
      );
    }
    if (!isOver) timer = clock.after(LOOK_MS, () => void look(), { background: true });
  };
  void look();
  return {
    [Symbol.dispose]: () => {
      isOver = true;
      timer?.[Symbol.dispose]();
    },
  };
}

const LOOK_MS = 3_600_000;

export function isDevelopment(gateway: GatewaySpec): gateway is GatewaySpec & { tls: NonNullable<GatewaySpec['tls']> } {
  return gateway.tls?.development !== undefined;
}

function exposedOf(services: Applied['services']): readonly Exposed[] {
  return services.flatMap(({ spec: { name, api } }) =>
    api.expose.flatMap(({ host }) => (host === undefined ? [] : [{ service: name, host }])),
  );
}
