import { type Leaf, leaves } from './leaf.ts';
import type { GatewaySpec, IdentitySpec, SystemSpec, TlsSpec } from './model.ts';
import { sizeText } from './quantities.ts';

/** What holds for all services of a system: its entrance, and what scaling may give away. What is undefined has no leaf. */
export function systemLeaves({ gateway, machine }: Pick<SystemSpec, 'gateway' | 'machine'>): readonly Leaf[] {
  const { host, port, workers, tls, proxyProtocol, identity } = gateway;
  const { cpu, memoryBytes } = machine;
  return [
    ...leaves(['gateway'], { host, port, workers }),
    ...tlsLeaves(tls),
    ...proxyProtocolLeaves(proxyProtocol),
    ...identityLeaves(identity),
    ...leaves(['machine'], { cpu, memory: memoryBytes === undefined ? undefined : sizeText(memoryBytes) }),
  ];
}

function tlsLeaves(tls: TlsSpec | undefined): readonly Leaf[] {
  if (tls === undefined) return leaves(['gateway'], { tls: 'off' });
  const { certificates, development, redirect, httpPort } = tls;
  const section = ['gateway', 'tls'];
  return [
    ...(development === undefined
      ? certificates.flatMap((files, index) => leaves([...section, 'certificates', index], { ...files }))
      : leaves(section, { certificates: 'dev' })),
    ...leaves(section, { redirect, httpPort }),
  ];
}

function proxyProtocolLeaves(proxyProtocol: GatewaySpec['proxyProtocol']): readonly Leaf[] {
  if (proxyProtocol === undefined) return leaves(['gateway'], { proxyProtocol: 'off' });
  return leaves(['gateway', 'proxyProtocol'], { from: proxyProtocol.from });
}

function identityLeaves(identity: IdentitySpec | undefined): readonly Leaf[] {
  if (identity === undefined) return leaves(['gateway'], { identity: 'off' });
  const { issuer, audience, keys } = identity;
  return leaves(['gateway', 'identity'], { issuer, audience, jwks: keys.kind === 'url' ? keys.url : keys.file });
}
