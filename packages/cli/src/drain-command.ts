import { type CommandSpec, json, state, timeout } from './command-spec.ts';

/** One instance out of traffic, and back. */
export const DRAIN: CommandSpec = {
  usage: 'drain <instance> [folder]',
  group: 'run',
  summary: 'Take an instance out of traffic, once another serves in its place; it runs on, to be looked at',
  details:
    'The instance is named as by `islet status <service>`, or by its service where that has only one. What it has in flight ends\n' +
    'first. It stays out until `--back`, or until its revision is replaced; it serves again by itself only where nobody else could.',
  examples: ['islet drain orders-3f9a2c1d04b7.0-1', 'islet drain orders-3f9a2c1d04b7.0-1 --back'],
  options: [{ flags: '--back', text: 'take it back into traffic' }, timeout('10m'), json, state],
};
