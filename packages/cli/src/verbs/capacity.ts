import { type Context, writeJson, writeLines } from '../context.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { UsageError } from '../failures.ts';
import { renderCapacity } from '../render/capacity.ts';
import { openSession } from '../session.ts';
import { waiting } from '../waiting.ts';

interface CapacityOptions {
  readonly rps: number;
  readonly utilization: number;
  readonly parallel?: number;
  readonly over: number;
  readonly json?: true;
  readonly state?: string;
}

export async function run(
  context: Context,
  service: string,
  folder: string | undefined,
  { rps, utilization: utilizationPercent, parallel, over: overMs, json, state }: CapacityOptions,
): Promise<ExitCode> {
  within('--rps', rps, { least: 1, most: 100_000 });
  within('--utilization', utilizationPercent, { least: 1, most: 99 });
  if (parallel !== undefined) within('--parallel', parallel, { least: 1, most: 1_000 });
  if (!(overMs >= 2_000 && overMs <= 50_000)) throw new UsageError('--over takes 2s to 50s');
  await using session = await openSession(context, { folder, state }, 'never');
  const asked = { service, rps, utilizationPercent, overMs, ...(parallel === undefined ? {} : { parallel }) };
  const wait = { what: `${service} to be measured for ${overMs / 1000} s`, goesOn: 'nothing was sent or changed' };
  const capacity = await waiting(context, wait, () => session.client.capacity(asked, { signal: context.signal }));
  const { stdout } = context;
  if (json) writeJson(stdout, capacity);
  else writeLines(stdout, renderCapacity(capacity, { columns: stdout.terminal?.columns, colours: stdout.colours }));
  return capacity.kind === 'forecast' ? EXIT.ok : EXIT.failed;
}

function within(flag: string, value: number, { least, most }: { readonly least: number; readonly most: number }): void {
  if (!(value >= least && value <= most)) throw new UsageError(`${flag} takes ${least} to ${most}, and not ${value}`);
}
