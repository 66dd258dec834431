import type { LogLevel } from '@islet/client';
import { type Context, writeLines } from '../context.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { type ShownRecord, showRecords } from '../records.ts';
import { attributesText } from '../render/attributes.ts';
import { createPrefixer } from '../render/log-line.ts';
import { openSession } from '../session.ts';

export interface LogsOptions {
  readonly follow?: true;
  readonly lines: number;
  readonly level?: LogLevel;
  readonly grep?: string;
  readonly instance?: string;
  readonly trace?: string;
  readonly since?: number;
  readonly until?: number;
  readonly json?: true;
  readonly state?: string;
}

export async function run(
  context: Context,
  service: string | undefined,
  folder: string | undefined,
  options: LogsOptions,
): Promise<ExitCode> {
  await using session = await openSession(context, { folder, state: options.state }, options.follow ? 'never' : 'once');
  const { stdout, stderr, signal } = context;
  const { level, grep, instance, trace, since, until, lines } = options;
  const prefixed = createPrefixer(stdout.colours);
  await showRecords(session, {
    filter: { service, instance, level, grep, trace },
    from: since,
    to: until,
    lines,
    follow: options.follow === true,
    signal,
    print: (record) => {
      const shown = options.json
        ? [JSON.stringify(record)]
        : textOf(record)
            .split('\n')
            .map((line) => prefixed({ ...record, line }));
      writeLines(stdout, shown);
    },
    tell: (what) => writeLines(stderr, [what]),
  });
  return EXIT.ok;
}

/**
 * The sentence, and what was said beside it: of a line of JSON the sentence alone is often no more than "request". A level
 * that somebody should see is named, unless the text does so itself.
 */
function textOf({ service, text, level, attributes }: ShownRecord): string {
  const isOwn = service === 'islet';
  const isGrave = !isOwn && attributes !== undefined && (level === 'warn' || level === 'error' || level === 'fatal');
  const told = isGrave && !text.toLowerCase().includes(level) ? `${level.toUpperCase()} ${text}` : text;
  const beside = attributesText(attributes, (name) => !(isOwn && name === 'process') && !name.startsWith('exception.'));
  return beside === '' ? told : `${told} ${beside}`;
}
