import type { Context } from '../context.ts';
import type { ExitCode } from '../exit-codes.ts';
import { steer } from '../steer.ts';
import type { UpOptions } from './up.ts';

export function run(
  context: Context,
  service: string,
  folder: string | undefined,
  options: Omit<UpOptions, 'env'>,
): Promise<ExitCode> {
  return steer(context, { service, folder, action: 'promote' }, options);
}
