import { type Context, writeJson, writeLines } from '../context.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { UsageError } from '../failures.ts';
import { renderSlos } from '../render/slos.ts';
import { openSession } from '../session.ts';

export async function run(
  context: Context,
  service: string | undefined,
  folder: string | undefined,
  options: { readonly json?: true; readonly state?: string },
): Promise<ExitCode> {
  await using session = await openSession(context, { folder, state: options.state }, 'once');
  const all = await session.client.slos({}, { signal: context.signal });
  const slos = all.filter((slo) => service === undefined || slo.service === service);
  if (service !== undefined && slos.length === 0) {
    const names = [...new Set(all.map((slo) => slo.service))].join(', ');
    throw new UsageError(`no service called ${service} promises anything`, `there are ${names || 'none that do'}`);
  }
  const { stdout } = context;
  if (options.json) writeJson(stdout, slos);
  else if (slos.length === 0) writeLines(stdout, ['No service promises anything: write telemetry.slo into one.']);
  else writeLines(stdout, renderSlos(slos, { columns: stdout.terminal?.columns, colours: stdout.colours }));
  return slos.some(({ burn }) => burn.some(({ firing }) => firing)) ? EXIT.failed : EXIT.ok;
}
