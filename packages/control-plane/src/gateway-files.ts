import { resolve } from 'node:path';
import { ApiError } from '@islet/client';
import { loadCertificate } from '@islet/proxy';
import type { GatewaySpec, IdentitySpec } from '@islet/spec';
import { developmentFiles, isDevelopment } from './development/gateway.ts';

/** Where a system is, and where its state. */
export interface Folders {
  readonly folder: string;
  readonly state: string;
}

/** The gateway as it is kept; throws where it could not speak TLS as it is asked to. */
export async function usableGateway(asked: GatewaySpec, folders: Folders): Promise<GatewaySpec> {
  const gateway = withAbsoluteFiles(asked, folders);
  // Its certificate is made when it is asked for, and not for looking what that would mean.
  if (isDevelopment(gateway)) return gateway;
  const trouble = await certificateTrouble(gateway);
  if (trouble === undefined) return gateway;
  throw new ApiError('conflict', trouble, { hint: 'see gateway.tls.certificates in islet.yaml' });
}

/** The gateway with its files named from the root: whoever reads them knows no folder. */
export function withAbsoluteFiles({ tls, identity, ...gateway }: GatewaySpec, { folder, state }: Folders): GatewaySpec {
  const own = identity === undefined ? {} : { identity: withAbsoluteKeys(identity, folder) };
  if (tls === undefined) return { ...gateway, ...own, tls };
  const named = tls.development === undefined ? tls.certificates : [developmentFiles(state)];
  const certificates = named.map(({ cert, key }) => ({ cert: resolve(folder, cert), key: resolve(folder, key) }));
  return { ...gateway, ...own, tls: { ...tls, certificates } };
}

function withAbsoluteKeys(identity: IdentitySpec, folder: string): IdentitySpec {
  const { keys } = identity;
  return keys.kind === 'url' ? identity : { ...identity, keys: { kind: 'file', file: resolve(folder, keys.file) } };
}

/** Why the gateway could not speak TLS; undefined: it can, or is not asked to. */
export async function certificateTrouble({ tls }: GatewaySpec): Promise<string | undefined> {
  const loaded = await Promise.all((tls?.certificates ?? []).map(loadCertificate));
  const reasons = loaded.flatMap((it) => (it.kind === 'unusable' ? [it.why] : []));
  return reasons.length === 0 ? undefined : reasons.join('; ');
}
