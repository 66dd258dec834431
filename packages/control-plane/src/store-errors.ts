import type { ServiceSpec, SpecError } from '@islet/spec';
import type { ApplyParts } from './apply-parts.ts';

/**
 * A file that asks for what the data can't be is mistaken, as one that names an unknown service is: it is told with its place, and
 * nothing changes, so that what runs can be started again at any time as it was asked for.
 */
export async function storeErrors(
  services: readonly ServiceSpec[],
  { refusals }: Pick<ApplyParts, 'refusals'>,
): Promise<readonly SpecError[]> {
  const found = await Promise.all(
    services.map(async (service) => {
      const refused = await refusals(service);
      return refused.map(({ message, hint }): SpecError => ({ ...whereAsked(service), rule: 'value', message, hint }));
    }),
  );
  return found.flat();
}

function whereAsked({ file, origins, database }: ServiceSpec): Pick<SpecError, 'place' | 'path' | 'found'> {
  const path = 'database.version';
  const origin = origins.get(path);
  const place = origin?.kind === 'file' ? origin.place : { file, line: 1, column: 1 };
  return { place, path, found: database?.server?.version?.toString() };
}
