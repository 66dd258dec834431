import { type CommandSpec, json, state } from './command-spec.ts';
import { parseCount, parseDurationMs } from './parse.ts';

export const CAPACITY: CommandSpec = {
  usage: 'capacity <service> [folder]',
  group: 'look',
  summary: 'Measure a service, and forecast how many instances a rate of requests needs and how long they will take',
  details:
    'Its requests are measured as they come, for --over; nothing is sent and nothing is changed. Exits 1 where too little could be measured, and says what to do.',
  examples: ['islet capacity orders --rps 500', 'islet capacity orders --rps 500 --parallel 10 --json'],
  options: [
    { flags: '--rps <rate>', text: 'requests a second to forecast for', required: true, parse: parseCount },
    {
      flags: '--utilization <percent>',
      text: 'how busy instances may be, from 1 to 99',
      fallback: '70',
      parse: parseCount,
    },
    {
      flags: '--parallel <requests>',
      text: 'what one instance serves at once, where its limit is a pool and no core',
      parse: parseCount,
    },
    {
      flags: '--over <duration>',
      text: 'how long to measure, from 2s to 50s',
      fallback: '10s',
      parse: parseDurationMs,
    },
    json,
    state,
  ],
};
