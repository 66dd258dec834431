import { type CommandSpec, json, state } from './command-spec.ts';
import { parseDurationMs } from './parse.ts';

/** What was promised, and what somebody should know of. */
export const ALERT_COMMANDS: readonly CommandSpec[] = [
  {
    usage: 'slo [service] [folder]',
    group: 'look',
    summary: "Services' objectives: how much of 30 days' budget is left, and how fast it is being spent",
    details: 'A rate of 1 spends exactly the budget. Exits 1 when one is being spent so fast that an alert fires.',
    examples: ['islet slo', 'islet slo orders --json'],
    options: [json, state],
  },
  {
    usage: 'alerts [folder]',
    group: 'look',
    summary: 'What somebody should know of now: alerts that fire, why, and what to do',
    details:
      'Exits 1 while one fires that nobody has acknowledged or silenced. Who is told is said by alerts in islet.yaml.',
    examples: ['islet alerts', 'islet alerts --ack 4bf92f35', 'islet alerts --silence 4bf92f35 --for 2h'],
    options: [
      { flags: '--all', text: 'those that are over too' },
      { flags: '--ack <id>', text: 'acknowledge one: it is known, and nobody is reminded of it' },
      { flags: '--silence <id>', text: 'say nothing of one for a while; it fires again if it is still there then' },
      { flags: '--for <duration>', text: 'how long', fallback: '1h', parse: parseDurationMs },
      json,
      state,
    ],
  },
];
