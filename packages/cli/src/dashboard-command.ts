import { type CommandSpec, json, state } from './command-spec.ts';

export const DASHBOARD: CommandSpec = {
  usage: 'dashboard [folder]',
  group: 'look',
  summary: 'Make a link that opens the dashboard in a browser: good once, and for five minutes',
  details:
    'The browser then stays logged in for 30 days. From another machine: `ssh -L 9000:127.0.0.1:<port>`, and the link with port 9000.',
  examples: ['islet dashboard', 'islet dashboard --open', 'islet dashboard --sessions', 'islet dashboard --logout all'],
  options: [
    { flags: '--open', text: "open it in this machine's browser" },
    { flags: '--sessions', text: 'show which browsers are logged in, and change nothing' },
    { flags: '--logout <id>', text: 'log a browser out; `all`: every one' },
    json,
    state,
  ],
};
