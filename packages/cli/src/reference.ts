import { COMMANDS, type CommandSpec, GROUPS } from './commands.ts';
import { EXIT, EXIT_MEANINGS, type ExitName } from './exit-codes.ts';

/** Path below the repository and text of each page that is made here. */
export function referencePages(): readonly (readonly [string, string])[] {
  return [
    ['docs/reference/cli.md', renderReference()],
    ['docs/reference/exit-codes.md', renderExitCodes()],
  ];
}

/** `docs/reference/cli.md`, made of the same table as the command line itself. */
function renderReference(): string {
  const visible = COMMANDS.filter((command) => !command.hidden);
  const groups = Object.entries(GROUPS).map(([key, title]) => {
    const members = visible.filter(({ group }) => group === key);
    return [`## ${title.replace(':', '')}`, ...members.flatMap((command) => section(command, '###', 'islet'))].join(
      '\n\n',
    );
  });
  return `${[
    '# The command line',
    '<!-- Generated from packages/cli/src/commands.ts; do not edit. -->',
    "The system's folder may be given first or last. Without it, it is found from the current folder upwards by its " +
      '`islet.yaml`. Results go to standard output; progress and trouble go to standard error. Colours, live views and ' +
      'questions appear on a terminal only, and no colours where `NO_COLOR` is set. The exit codes are in ' +
      '[exit-codes.md](exit-codes.md).',
    ...groups,
  ].join('\n\n')}\n`;
}

/** `docs/reference/exit-codes.md`. */
function renderExitCodes(): string {
  const rows = (Object.keys(EXIT) as ExitName[]).map((name) => `| ${EXIT[name]} | ${name} | ${EXIT_MEANINGS[name]} |`);
  return `# Exit codes

<!-- Generated from packages/cli/src/exit-codes.ts; do not edit. -->

What a command of \`islet\` tells the script that called it.

| code | name | meaning |
| --- | --- | --- |
${rows.join('\n')}

\`islet exec\` passes the exit code of its command on. \`islet call\` exits 1 when the answer is 400 or above. With \`--json\`,
\`up\`, \`restart\` and \`scale\` print their outcome (\`ready\`, \`failed\`, \`blocked\`, \`timeout\`) beside the status.
`;
}

function section(command: CommandSpec, level: string, above: string): string[] {
  const [name = ''] = command.usage.split(' ');
  const here = `${above} ${name}`;
  const subs = command.subcommands ?? [];
  return [
    `${level} ${here}`,
    `${command.summary}.${command.alias ? ` Also called \`${command.alias}\`.` : ''}`,
    ...(subs.length > 0 ? [] : [fence([`${above} ${command.usage}`])]),
    ...(command.details ? [command.details.replaceAll('\n', ' ')] : []),
    ...optionTable(command),
    ...(subs.length > 0
      ? subs.flatMap((sub) => section(sub, `${level}#`, here))
      : [fence(command.examples.map((line) => `$ ${line}`))]),
  ];
}

function optionTable({ options = [] }: CommandSpec): string[] {
  if (options.length === 0) return [];
  const rows = options.map(({ flags, text, fallback, choices }) => {
    const more = [choices && `one of ${choices.join(', ')}`, fallback && `default: ${fallback}`]
      .filter(Boolean)
      .join('; ');
    return `| \`${flags}\` | ${text.replaceAll('|', '\\|').replace(/<(\w+)>/g, '`<$1>`')}${more ? ` (${more})` : ''} |`;
  });
  return [['| option | meaning |', '| --- | --- |', ...rows].join('\n')];
}

function fence(lines: readonly string[]): string {
  return ['```sh', ...lines, '```'].join('\n');
}
