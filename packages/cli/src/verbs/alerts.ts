import { type Context, writeJson, writeLines } from '../context.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { UsageError } from '../failures.ts';
import { renderAlerts } from '../render/alerts.ts';
import { openSession } from '../session.ts';

interface Options {
  readonly all?: true;
  readonly ack?: string;
  readonly silence?: string;
  /** Milliseconds. */
  readonly for: number;
  readonly json?: true;
  readonly state?: string;
}

export async function run(context: Context, folder: string | undefined, options: Options): Promise<ExitCode> {
  const { ack, silence } = options;
  if (ack !== undefined && silence !== undefined) {
    throw new UsageError('--ack and --silence exclude each other', 'a silenced alert needs no acknowledgement');
  }
  await using session = await openSession(context, { folder, state: options.state }, 'once');
  const { client } = session;
  const calling = { signal: context.signal };
  if (ack !== undefined) await client.markAlert({ id: ack, acknowledge: true }, calling);
  if (silence !== undefined) await client.markAlert({ id: silence, silenceUntil: Date.now() + options.for }, calling);

  const every = await client.alerts({}, calling);
  const alerts = every.filter(({ state }) => options.all === true || state !== 'resolved');
  const { stdout } = context;
  if (options.json) writeJson(stdout, alerts);
  else if (alerts.length === 0) writeLines(stdout, ['Nothing fires.']);
  else {
    const view = { columns: stdout.terminal?.columns, colours: stdout.colours };
    writeLines(stdout, renderAlerts(alerts, { ...view, now: Date.now() }));
  }
  const isOpen = alerts.some(({ state, severity }) => state === 'firing' && severity !== 'info');
  return isOpen && ack === undefined && silence === undefined ? EXIT.failed : EXIT.ok;
}
