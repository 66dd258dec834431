import { type CommandSpec, json, type OptionSpec, state } from './command-spec.ts';
import { parseCount, parseDurationMs } from './parse.ts';

const options: readonly OptionSpec[] = [
  { flags: '--for <duration>', text: 'how long the fault lasts, at most 5m', fallback: '5s', parse: parseDurationMs },
  {
    flags: '--rps <count>',
    text: 'requests a second that are sent meanwhile; 0: only those of others count',
    fallback: '50',
    parse: parseCount,
  },
  { flags: '--path <path>', text: 'what to GET, instead of what `test.smoke` or else the contract asks' },
  json,
  state,
];

function fault(kind: string, summary: string): CommandSpec {
  return { usage: `${kind} <service> [folder]`, summary, examples: [`islet drill ${kind} orders --for 10s`], options };
}

/** Faults that end by themselves, under load: how many requests failed, how soon it was seen, and mended. */
export const FAULT_COMMANDS: readonly CommandSpec[] = [
  fault('kill', 'Kill one instance'),
  fault('pause', 'Stop one instance where it is, as if it hung; it goes on afterwards'),
  fault('slow', "Let one instance's answers come 2 s later"),
  fault('errors', 'Let one instance answer 500'),
  fault('partition', 'Let one instance take no connection'),
  fault('disk-full', 'Let the control plane write nothing, as on a full disk; requests must not notice'),
  fault('control-plane', 'Kill the control plane; requests must not notice'),
  {
    usage: 'all [service] [folder]',
    summary: 'Every fault, one after the other, at one service or at all',
    examples: ['islet drill all', 'islet drill all orders --json'],
    options,
  },
];
