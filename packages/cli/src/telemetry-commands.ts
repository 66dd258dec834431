import { type CommandSpec, json, type OptionSpec, state } from './command-spec.ts';
import { parseCount, parseDurationMs, parseInstantMs } from './parse.ts';

const since: OptionSpec = {
  flags: '--since <when>',
  text: 'from then on: 10m (ago), 2026-11-27, 2026-11-27T09:30',
  parse: parseInstantMs,
};
const until: OptionSpec = { flags: '--until <when>', text: 'up to then, written alike', parse: parseInstantMs };
const count = (fallback: string, text: string): OptionSpec => ({
  flags: '-n, --lines <count>',
  text,
  fallback,
  parse: parseCount,
});

/** What services print, do and throw. */
export const TELEMETRY_COMMANDS: readonly CommandSpec[] = [
  {
    usage: 'logs [service] [folder]',
    group: 'look',
    summary: "Services' output, with secrets redacted",
    details:
      "islet logs islet is what Islet's own processes say: control plane, proxy, keeper, backup and telemetry.\n" +
      'Read from the telemetry store; where that is down, from the log files, which is said on standard error, and where only\n' +
      '--grep, --instance, -n and -f can be kept to.',
    examples: [
      'islet logs',
      'islet logs orders -f -n 20',
      'islet logs islet --level warn',
      "islet logs --level error --since 2h --grep 'card'",
    ],
    options: [
      { flags: '-f, --follow', text: 'go on until Ctrl-C' },
      count('100', 'how many of the last ones'),
      {
        flags: '--level <level>',
        text: 'this level and above',
        choices: ['trace', 'debug', 'info', 'warn', 'error', 'fatal'],
      },
      {
        flags: '--grep <text>',
        text: 'those that hold this in their text or fields, upper and lower case alike; /…/ is a regular expression',
      },
      { flags: '--instance <id>', text: 'of one instance' },
      { flags: '--trace <id>', text: 'of one trace' },
      since,
      until,
      { flags: '--json', text: 'print one JSON value a line' },
      state,
    ],
  },
  {
    usage: 'traces [service] [folder]',
    group: 'look',
    summary: 'Traces, newest first: all with an error, a decision or that were slow, and samples of the rest',
    examples: ['islet traces orders --status error', 'islet traces --min 500ms --since 1h'],
    options: [
      { flags: '--status <status>', text: 'how they ended', choices: ['ok', 'error'] },
      { flags: '--min <duration>', text: 'that took as long or longer', parse: parseDurationMs },
      { flags: '--max <duration>', text: 'that took as long or shorter', parse: parseDurationMs },
      { flags: '--route <route>', text: 'of one route, as the table shows it' },
      { flags: '--attribute <key=value>', text: 'one of whose spans has it' },
      { flags: '--revision <revision>', text: 'in which a revision took part' },
      since,
      until,
      count('20', 'how many'),
      json,
      state,
    ],
  },
  {
    usage: 'trace <id> [folder]',
    group: 'look',
    summary: 'One trace as a waterfall: who did what when, with its logs and what was decided, in place',
    examples: ['islet trace 4bf92f3577b34da6a3ce929d0e0e4736'],
    options: [json, state],
  },
  {
    usage: 'errors [what] [folder]',
    group: 'look',
    summary: 'What services throw, one group for each cause: since when, how often, and which revision brought it',
    details:
      'With a service: its groups. With the id of a group: its stack and the logs around it. A group that was resolved and is\n' +
      'thrown again by a newer revision is open again, as regressed. Exits 1 when a group is open or regressed.',
    examples: ['islet errors', 'islet errors orders', 'islet errors 3f9a2c1d04b7 --resolve'],
    options: [
      { flags: '--all', text: 'the resolved and ignored ones too' },
      { flags: '--resolve', text: 'this group is done with' },
      { flags: '--ignore', text: 'this group is of no interest' },
      { flags: '--reopen', text: 'neither of the two any more' },
      json,
      state,
    ],
  },
  {
    usage: 'top [folder]',
    group: 'look',
    summary: 'Every service in one line, again each second: requests, errors, latency, CPU, memory',
    details: 'Without a terminal, or with --json, once.',
    examples: ['islet top'],
    options: [json, state],
  },
];
