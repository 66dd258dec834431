import { DriverError } from '@islet/driver';
import { compareSeries, type Series, seriesIn } from '@islet/driver/server';
import { runAs } from '@islet/supervise';
import { requireProgram } from './programs.ts';
import { ENVIRONMENT } from './server.ts';

/** Of the server that this machine has. */
export async function seriesHere(path: string, signal: AbortSignal): Promise<Series> {
  const program = requireProgram('mariadbd', path);
  const { output } = await runAs([program, '--version'], { user: undefined, cwd: '/', env: ENVIRONMENT, signal });
  const series = seriesIn(output);
  if (series === undefined) throw new DriverError('unsupported', `${program} does not say which version it is`);
  return series;
}

export interface Meeting {
  /** What the data was last used by; undefined: nobody knows, or there is none. */
  readonly made: Series | undefined;
  readonly here: Series;
  /** The file lets the data of an older one be taken over. */
  readonly upgrade: boolean;
}

/**
 * A server takes the data of an older series over as it starts, and an older one can't read it any more. So that happens only when
 * somebody asks for it, and never the other way round. Undefined: nothing is in the way.
 */
export function refusalOf(service: string, { made, here, upgrade }: Meeting): DriverError | undefined {
  if (made === undefined || made === here) return undefined;
  const message = `the data of ${service} is of MariaDB ${made}, and this machine has ${here}`;
  if (compareSeries(made, here) > 0) {
    const hint = `install MariaDB ${made} or newer, which an older one can't take the place of`;
    return new DriverError('refused', message, { hint });
  }
  if (upgrade) return undefined;
  const hint =
    'database.upgrade: in-place takes it over, and there is no way back but a backup; or install that version';
  return new DriverError('refused', message, { hint });
}
