import { readDraft } from './draft.ts';
import type { Files } from './files.ts';
import { join } from './files.ts';
import { findServices, SERVICE_FILE } from './find-services.ts';
import { readIslet } from './islet-file.ts';
import type { ServiceSpec, ServiceTraffic } from './model.ts';
import { type ParseResult, parseSystem } from './parse-system.ts';

/** A service that stays as it is: what another's file may have to do with it. */
export type Neighbour = Pick<
  ServiceSpec,
  'name' | 'folder' | 'file' | 'uses' | 'api' | 'security' | 'traffic' | 'rollout'
>;

/**
 * One service's file, against the others as they were last asked for: what their files say by now, and whether it is
 * right, does not matter. Of the result only that service is new.
 */
export function parseService(files: Files, { service, neighbours, environment }: ParseServiceOptions): ParseResult {
  const others = neighbours.filter(({ name }) => name !== service);
  const texts = new Map(others.map((other) => [other.file, standIn(other)]));
  const own = folderOf(service, { files, environment, taken: new Set(others.map(({ folder }) => folder)) });
  const view: Files = {
    ...files,
    readText: (path) => texts.get(path) ?? files.readText(path),
    kind: (path) => {
      if (texts.has(path)) return 'file';
      const isOther = path.endsWith(SERVICE_FILE) && own !== undefined && path !== join(own, SERVICE_FILE);
      return isOther ? undefined : files.kind(path);
    },
  };
  return parseSystem(view, { environment, isTold: (file) => !texts.has(file) });
}

export interface ParseServiceOptions {
  readonly service: string;
  readonly neighbours: readonly Neighbour[];
  readonly environment: string | undefined;
}

/** The folder of the service of this name, wherever it stands by now; undefined: there is none, which parsing tells. */
function folderOf(
  service: string,
  { files, environment, taken }: { files: Files; environment: string | undefined; taken: ReadonlySet<string> },
): string | undefined {
  const islet = readIslet(files);
  const { folders } = findServices(files, islet);
  return folders
    .filter((folder) => !taken.has(folder))
    .find((folder) => readDraft({ files, islet, folder, environment }).name === service);
}

/** A file that says of a service what others depend on. JSON is YAML. */
function standIn({ name, uses, api, security, traffic, rollout }: Neighbour): string {
  const { protocol, expose, port } = api;
  const { strategy, preview } = rollout;
  const fallbacks = fallbackServices(traffic).map((service, nth) => ({ match: `/${nth}`, fallback: { service } }));
  return JSON.stringify({
    name,
    run: { command: 'true' },
    uses,
    api: { protocol, expose: expose.map(({ host, path, strip }) => ({ host, path, strip })), port },
    security: { allow: security.allow },
    ...(preview?.kind === 'host' && { rollout: { strategy, preview: { host: preview.name } } }),
    ...(fallbacks.length > 0 && { traffic: { routes: fallbacks } }),
  });
}

/** Services that stand in for this one, wherever that is said. */
function fallbackServices({ fallback, overrides }: ServiceTraffic): readonly string[] {
  const all = [fallback, ...overrides.map(({ policy }) => policy.fallback)];
  return [...new Set(all.flatMap((spec) => (spec?.to.kind === 'service' ? [spec.to.service] : [])))];
}
