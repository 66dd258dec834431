import { ApiError } from '@islet/client/errors';
import { type Context, writeJson, writeLines } from '../context.ts';
import { type DrillReport, notBegun } from '../drill/report.ts';
import { DRILL_KINDS, type DrillKind, runDrill } from '../drill/run.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { UsageError } from '../failures.ts';
import { renderDrills } from '../render/drill.ts';
import { openSession } from '../session.ts';
import { waiting } from '../waiting.ts';

export interface DrillOptions {
  readonly for: number;
  readonly rps: number;
  readonly path?: string;
  readonly json?: true;
  readonly state?: string;
}

/** The verb of one kind of drill, or of all. */
export function drillVerb(kind: DrillKind | 'all') {
  const kinds = kind === 'all' ? DRILL_KINDS : [kind];
  return {
    run: (context: Context, service: string | undefined, folder: string | undefined, options: DrillOptions) =>
      drill({ kinds, service, folder }, options, context),
  };
}

const GOES_ON = 'no more requests are sent, and the control plane takes the fault back when its time is over';

interface AskedDrills {
  readonly kinds: readonly DrillKind[];
  readonly service: string | undefined;
  readonly folder: string | undefined;
}

async function drill(
  { kinds, service, folder }: AskedDrills,
  options: DrillOptions,
  context: Context,
): Promise<ExitCode> {
  await using session = await openSession(context, { folder, state: options.state }, 'never');
  const { services } = await session.client.status({}, { signal: context.signal });
  const ready = services.filter(({ instances }) => instances.ready > 0).map(({ name }) => name);
  const { for: forMs, rps, path } = options;
  const reports: DrillReport[] = [];
  for (const name of service === undefined ? ready : [service]) {
    for (const kind of kinds) {
      writeLines(context.stderr, [`drill: ${kind} ${name}`]);
      const run = () => runDrill({ drill: kind, service: name, forMs, rps, path }, { session, signal: context.signal });
      const wait = { what: `${name} to be as before`, goesOn: GOES_ON };
      reports.push(
        await waiting(context, wait, () =>
          kinds.length === 1 ? run() : orNotBegun({ drill: kind, service: name }, run),
        ),
      );
    }
  }
  const { stdout } = context;
  if (options.json) writeJson(stdout, reports);
  else writeLines(stdout, renderDrills(reports, { columns: stdout.terminal?.columns, colours: stdout.colours }));
  return reports.every(({ passed }) => passed) ? EXIT.ok : EXIT.failed;
}

/** Of many drills, one that can't be had does not keep the others from being done. */
async function orNotBegun(
  named: Pick<DrillReport, 'drill' | 'service'>,
  run: () => Promise<DrillReport>,
): Promise<DrillReport> {
  try {
    return await run();
  } catch (error) {
    if (error instanceof UsageError || error instanceof ApiError) return notBegun(named, error.message);
    throw error;
  }
}
