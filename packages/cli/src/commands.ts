import { ALERT_COMMANDS } from './alert-commands.ts';
import { BACKUP_COMMANDS } from './backup-commands.ts';
import { CACHE } from './cache-command.ts';
import { CAPACITY } from './capacity-command.ts';
import { type CommandSpec, environment, json, LANGS, state, timeout } from './command-spec.ts';
import { DATABASE } from './commands-database.ts';
import { DASHBOARD } from './dashboard-command.ts';
import { DRAIN } from './drain-command.ts';
import { collectHeader, parseDurationMs } from './parse.ts';
import { ROLLOUT_COMMANDS } from './rollout-commands.ts';
import { TELEMETRY_COMMANDS } from './telemetry-commands.ts';

export { type CommandSpec, GROUPS, LANGS } from './command-spec.ts';

/**
 * Every verb, once: the command line, the help, the completion and the reference page are made of this table. What a
 * verb does stands in its own file; `verbs.ts` says which.
 */
export const COMMANDS: readonly CommandSpec[] = [
  {
    usage: 'init [folder]',
    group: 'make',
    summary: 'Make a system from nothing: islet.yaml and one service that runs',
    details: 'Overwrites nothing. The system is named after its folder.',
    examples: ['islet init shop && islet up shop'],
  },
  {
    usage: 'new',
    group: 'make',
    summary: 'Add to a system',
    examples: ['islet new service orders --lang go'],
    subcommands: [
      {
        usage: 'service <name> [folder]',
        summary: 'Add a service that starts at once, with its tests, below services/',
        examples: ['islet new service orders --lang go'],
        options: [{ flags: '--lang <language>', text: 'what it is written in', fallback: 'ts', choices: LANGS }],
      },
    ],
  },
  {
    usage: 'check [folder]',
    group: 'make',
    summary: "Check a system's files: every mistake at once, each with its place",
    details: 'Needs no running system and changes nothing.',
    examples: ['islet check', 'islet check examples/shop --env production'],
    options: [environment, json],
  },
  {
    usage: 'describe [service] [folder]',
    group: 'make',
    summary: 'Show every effective value, and the line or default that it comes from',
    details:
      'Without a service, those of the system come first, and then those of all. What a route or a caller has of its own stands after ' +
      'what holds for all, with what it inherits.',
    examples: ['islet describe orders', 'islet describe orders --only traffic.retry'],
    options: [environment, { flags: '--only <key>', text: 'a section, or one value: traffic, traffic.retry' }, json],
  },
  {
    usage: 'test [service] [folder]',
    group: 'make',
    summary: "Run services' own unit tests (`test.unit`), one after the other",
    details: "Outside of any system, and from Islet's own checkout, runs Islet's everyday suite.",
    examples: ['islet test', 'islet test payments'],
    options: [environment, json],
  },
  {
    usage: 'plan [folder]',
    group: 'run',
    summary: 'Show what `up` would change, and change nothing',
    examples: ['islet plan', 'islet plan --env production --json'],
    options: [environment, json, state],
  },
  {
    usage: 'up [folder]',
    group: 'run',
    summary: 'Make the files true, and wait until every service is ready, failed or blocked',
    details: 'Starts the control plane where none runs. Builds and replaces only what changed.',
    examples: ['islet up', 'islet up examples/shop --env production --timeout 2m'],
    options: [environment, timeout('10m'), json, state],
  },
  CACHE,
  ...ROLLOUT_COMMANDS,
  {
    usage: 'dev [folder]',
    group: 'run',
    summary: 'Run in the foreground, from the source folders; restart what changes; Ctrl-C stops all',
    details: 'Keeps its own state and databases in .islet/dev, apart from those of `up`.',
    examples: ['islet dev'],
    options: [environment, state],
  },
  {
    usage: 'restart <service> [folder]',
    group: 'run',
    summary: 'Replace every instance by a new one of the same revision',
    examples: ['islet restart orders'],
    options: [timeout('10m'), json, state],
  },
  {
    usage: 'scale <service> <instances> [folder]',
    group: 'run',
    summary: 'Run this many instances, until the file says otherwise; `auto`: as the file says',
    examples: ['islet scale orders 3', 'islet scale orders auto'],
    options: [timeout('10m'), json, state],
  },
  DRAIN,
  {
    usage: 'down [folder]',
    group: 'run',
    summary: 'Stop everything in order; data stays',
    details: '--purge also deletes databases, files, secrets and revisions, after asking.',
    examples: ['islet down', 'islet down --purge --yes'],
    options: [
      { flags: '--purge', text: 'delete all data too' },
      { flags: '--yes', text: 'do not ask before deleting' },
      timeout('5m'),
      json,
      state,
    ],
  },
  {
    usage: 'secret',
    group: 'run',
    summary: 'Set, list and remove secrets',
    examples: ['islet secret set stripe-key < key.txt'],
    subcommands: [
      {
        usage: 'set <name> [folder]',
        summary: 'Set a secret; its value is read from standard input, or asked for unseen',
        details: 'Never takes the value as an argument: arguments are visible to every user of the machine.',
        examples: ['islet secret set stripe-key', 'pass stripe | islet secret set stripe-key'],
        options: [json, state],
      },
      {
        usage: 'list [folder]',
        summary: "Secrets' names, versions and users; never values",
        examples: ['islet secret list'],
        options: [json, state],
      },
      {
        usage: 'rm <name> [folder]',
        summary: 'Remove a secret',
        examples: ['islet secret rm stripe-key'],
        options: [json, state],
      },
    ],
  },
  DATABASE,
  ...BACKUP_COMMANDS,
  DASHBOARD,
  {
    usage: 'status [service] [folder]',
    group: 'look',
    summary: 'What every service does now, and why',
    examples: ['islet status', 'islet status orders', 'islet status --watch'],
    options: [{ flags: '-w, --watch', text: 'show every change until Ctrl-C' }, json, state],
  },
  ...TELEMETRY_COMMANDS,
  ...ALERT_COMMANDS,
  {
    usage: 'call <service> <path> [folder]',
    group: 'look',
    summary: 'Send one request to a service through the proxy, and print the answer',
    details:
      'Follows no redirects. Exits 1 when the answer is 400 or above; its body is printed all the same. The default\n' +
      'content type of a body is application/json.',
    examples: ['islet call catalog /api/catalog/products', 'islet call orders /api/orders -d @order.json -i'],
    options: [
      { flags: '-X, --request <method>', text: 'the method (default: GET, or POST with a body)' },
      { flags: '-d, --data <body>', text: 'the body; @file reads a file, @- standard input' },
      { flags: '-H, --header <line>', text: 'a header, as `Name: value`; may be repeated', parse: collectHeader },
      { flags: '-i, --include', text: 'print the head of the answer too' },
      timeout('30s'),
      state,
    ],
  },
  {
    usage: 'exec <service> [command...]',
    group: 'look',
    summary: "Run a command in a service's folder, with its environment and as its user",
    details: "Without a command: a shell. The command's exit code is passed on.",
    examples: ['islet exec orders -- env', "islet exec orders -- sh -c 'psql $DATABASE_URL'"],
    passThrough: true,
    options: [state],
  },
  {
    usage: 'decisions [service] [folder]',
    group: 'look',
    alias: 'history',
    summary: 'What the control plane decided and when, newest last',
    examples: ['islet decisions orders'],
    options: [json, state],
  },
  {
    usage: 'explain',
    group: 'look',
    summary: 'Say why something is as it is',
    examples: ['islet explain 4bf92f3577b34da6', 'islet explain scale orders'],
    subcommands: [
      {
        usage: 'request <id> [folder]',
        summary: 'What became of a request: its tries, and each rule that decided, with its counters and its line',
        details:
          'The id is in the answer (`x-request-id`), or that of a whole trace. `islet explain <id>` is short for it.',
        examples: ['islet explain 4bf92f3577b34da6'],
        isDefault: true,
        options: [json, state],
      },
      {
        usage: 'token [folder]',
        summary: 'Make a token that shows a caller at the gateway what was decided: sent as `x-islet-explain`',
        examples: ['curl -H "x-islet-explain: $(islet explain token)" -i localhost:8080/api/orders'],
        options: [
          {
            flags: '--for <duration>',
            text: 'how long it holds, at most a day',
            fallback: '1h',
            parse: parseDurationMs,
          },
          json,
          state,
        ],
      },
      {
        usage: 'rollout <service> [folder]',
        summary: 'Why its rollout is where it is, and every decision that brought it there',
        examples: ['islet explain rollout orders'],
        options: [json, state],
      },
      {
        usage: 'scale <service> [folder]',
        summary: 'Why it has this number of instances: what was measured, what that asks for, which rule decided',
        examples: ['islet explain scale orders'],
        options: [json, state],
      },
    ],
  },
  CAPACITY,
  {
    usage: 'doctor [folder]',
    group: 'machine',
    summary: 'What this machine has and lacks: toolchains, and guarantees that cannot be kept here',
    examples: ['islet doctor'],
    options: [json, state],
  },
  {
    usage: 'install [folder]',
    group: 'machine',
    summary: 'Let systemd bring the system back after a reboot',
    details: 'As root a unit of the machine, otherwise of the user. Exits 4 where systemd does not run.',
    examples: ['islet install'],
    options: [state],
  },
  {
    usage: 'uninstall [folder]',
    group: 'machine',
    summary: 'Take the system away from systemd; it goes on running',
    examples: ['islet uninstall'],
    options: [state],
  },
  {
    usage: 'completion <shell>',
    group: 'machine',
    summary: 'Print the completion script of bash, zsh or fish',
    examples: ['source <(islet completion bash)', 'islet completion fish > ~/.config/fish/completions/islet.fish'],
  },
  {
    usage: 'version',
    group: 'machine',
    summary: 'Print the version',
    examples: ['islet version'],
    options: [json],
  },
  {
    usage: '__services',
    hidden: true,
    summary: "The system's services, for completion",
    examples: ['islet __services'],
  },
];
