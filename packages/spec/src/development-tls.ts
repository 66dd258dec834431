import { type Draft, errorIn } from './draft.ts';
import type { SpecError } from './errors.ts';
import { ISLET_FILE, type IsletFile } from './islet-file.ts';
import { pathText, placeAt } from './located.ts';
import type { GatewaySpec } from './model.ts';

/**
 * The domains that the development authority speaks for. Both are reserved (RFC 6761) and lead to no server of anybody,
 * so a browser that trusts the authority trusts it with nothing else, whoever gets hold of its key.
 */
export const DEVELOPMENT_DOMAINS = ['localhost', 'test'] as const;

/** Whether the development authority can speak for this host. */
export function isDevelopmentName(host: string): boolean {
  return DEVELOPMENT_DOMAINS.some((domain) => host.endsWith(`.${domain}`)) || host === 'localhost';
}

/** Whether nobody but this machine reaches what listens there. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);
}

export interface Exposed {
  readonly service: string;
  readonly host: string;
}

export interface DevelopmentTrouble {
  /** The host that it is about; undefined: the whole gateway. */
  readonly exposed: Exposed | undefined;
  readonly message: string;
  readonly hint: string;
}

/** What a certificate of the development authority takes away from those who are not developing. */
export function developmentTroubles<E extends Exposed>(
  { tls, host }: Pick<GatewaySpec, 'tls' | 'host'>,
  { environment, exposed }: { readonly environment: string | undefined; readonly exposed: readonly E[] },
): readonly (DevelopmentTrouble & { readonly exposed: E | undefined })[] {
  if (tls?.development === undefined) return [];
  const inherited = `the environment ${environment} has a certificate of the development authority, which only this machine trusts`;
  const reached = `other machines reach the gateway at ${host}, and don't trust the development authority of this one`;
  return [
    ...(tls.development.isInherited
      ? [
          {
            exposed: undefined,
            message: inherited,
            hint: `name its certificates in environments.${environment}.gateway.tls`,
          },
        ]
      : []),
    ...(isLoopback(host)
      ? []
      : [{ exposed: undefined, message: reached, hint: 'name certificates, or listen on 127.0.0.1' }]),
    ...exposed.filter((one) => !isDevelopmentName(one.host)).map((one) => ({ exposed: one, ...unspoken(one) })),
  ];
}

function unspoken({ service, host }: Exposed) {
  const domains = DEVELOPMENT_DOMAINS.map((domain) => `.${domain}`).join(' and ');
  return {
    message: `${service} is exposed at ${host}, and the development authority speaks for hosts below ${domains} alone`,
    hint: `expose it at ${host.split('.')[0]}.localhost where you develop`,
  };
}

/** The same, each at its place in the files. */
export function developmentWarnings(
  drafts: readonly Draft[],
  { islet, gateway, environment }: { islet: IsletFile; gateway: GatewaySpec; environment: string | undefined },
): readonly SpecError[] {
  const exposed = drafts.flatMap((draft) =>
    (draft.parsed?.api.expose ?? []).flatMap(({ host }, index) =>
      host === undefined ? [] : [{ service: draft.name, host, draft, path: ['api', 'expose', index, 'host'] }],
    ),
  );
  const own = ['environments', environment ?? '', 'gateway', 'tls'];
  const path = gateway.tls?.development?.isInherited === false && environment !== undefined ? own : ['gateway', 'tls'];
  return developmentTroubles(gateway, { environment, exposed }).map(({ exposed: one, message, hint }) => {
    const warning = { rule: 'degraded', message, hint } as const;
    if (one !== undefined) return errorIn(one.draft, one.path, { ...warning, found: one.host });
    const place = { ...placeAt(islet.tree, path), file: ISLET_FILE };
    return { ...warning, place, path: pathText(path), found: 'dev' };
  });
}
