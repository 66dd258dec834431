import { DriverError } from '@islet/driver';
import { compareSeries, type Series, seriesIn } from '@islet/driver/server';
import { runAs } from '@islet/supervise';

/** Which of the two a server is, and of which line of versions. */
export interface ServerVersion {
  readonly product: 'redis' | 'valkey';
  readonly series: Series;
}

/** As it says of itself: `Redis server v=7.0.15 …`, `Valkey server v=9.1.2 …`. */
export async function versionOf(program: string, signal: AbortSignal): Promise<ServerVersion> {
  const { output } = await runAs([program, '--version'], { user: undefined, cwd: '/', env: {}, signal });
  const [, product, version = ''] = /^(Redis|Valkey) server v=(\S+)/m.exec(output) ?? [];
  const series = seriesIn(version);
  if (product !== undefined && series !== undefined)
    return { product: product === 'Redis' ? 'redis' : 'valkey', series };
  throw new DriverError('unsupported', `${program} does not say which version it is`);
}

/** Since then, Redis writes what no Valkey reads; until then both were one. */
const LAST_SHARED: Series = '7.2';
/** Since then, Valkey writes what no Redis reads. */
const FIRST_OWN_VALKEY: Series = '9.0';

/**
 * Each reads what an older one wrote, so a newer one is taken without a word; of what a newer one wrote an older one reads nothing,
 * or a part. Between the two products it depends on who wrote it when. Undefined: nothing is in the way.
 */
export function refusalOf(
  service: string,
  { made, here }: { readonly made: ServerVersion | undefined; readonly here: ServerVersion },
): DriverError | undefined {
  if (made === undefined || reads(here, made)) return undefined;
  const message = `the data of ${service} is of ${textOf(made)}, and this machine has ${textOf(here)}, which can't read it`;
  return new DriverError('refused', message, { hint: `install ${textOf(made)} or a newer one` });
}

function reads(here: ServerVersion, made: ServerVersion): boolean {
  if (here.product === made.product) return compareSeries(made.series, here.series) <= 0;
  if (made.product === 'redis') return compareSeries(made.series, LAST_SHARED) <= 0;
  return compareSeries(made.series, FIRST_OWN_VALKEY) < 0 && compareSeries(here.series, LAST_SHARED) >= 0;
}

function textOf({ product, series }: ServerVersion): string {
  return `${product === 'redis' ? 'Redis' : 'Valkey'} ${series}`;
}
