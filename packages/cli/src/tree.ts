import { Command, Option } from 'commander';
import { COMMANDS, type CommandSpec, GROUPS } from './commands.ts';
import type { Context } from './context.ts';
import type { ExitCode } from './exit-codes.ts';
import { UsageError } from './failures.ts';
import { meansFolder } from './system.ts';
import { VERBS } from './verbs.ts';

type Finish = (code: ExitCode) => void;

/** The commander tree of all verbs. A verb's own code is loaded when it is called. */
export function buildTree(context: Context, finish: Finish): Command {
  const root = new Command('islet')
    .description('Runs a system of microservices: each keeps one service.yaml, one control plane makes it true.')
    .version(context.version, '-V, --version', 'print the version')
    .usage('<verb> [arguments]')
    .helpOption('-h, --help', 'show this help')
    .commandsGroup(GROUPS.machine)
    .helpCommand('help [verb]', 'show the help of a verb')
    .configureHelp({ subcommandTerm: termOf })
    .exitOverride()
    .showHelpAfterError('(add --help for all that can be said here)')
    .configureOutput({
      writeOut: (text) => context.stdout.write(text),
      writeErr: (text) => context.stderr.write(text),
      getOutHelpWidth: () => context.stdout.terminal?.columns ?? 100,
      getErrHelpWidth: () => context.stderr.terminal?.columns ?? 100,
      getOutHasColors: () => context.stdout.colours.isColorSupported,
      getErrHasColors: () => context.stderr.colours.isColorSupported,
      outputError: (text, write) => write(text.replace(/^error: /, `${context.stderr.colours.red('error:')} `)),
    });
  root.enablePositionalOptions();
  for (const spec of COMMANDS) add(root, spec, context, finish);
  return root;
}

function add(parent: Command, spec: CommandSpec, context: Context, finish: Finish): void {
  const command = parent
    .command(spec.usage, { hidden: spec.hidden === true, isDefault: spec.isDefault === true })
    .description(spec.summary);
  if (spec.group) command.helpGroup(GROUPS[spec.group]);
  if (spec.alias) command.alias(spec.alias);
  for (const option of spec.options ?? []) command.addOption(optionOf(option));
  if (spec.details) command.addHelpText('after', `\n${spec.details}`);
  command.addHelpText('after', `\nExample:\n${spec.examples.map((example) => `  $ ${example}`).join('\n')}`);
  // `help` stands with its verbs, and not where it does at the top.
  if (spec.subcommands) command.commandsGroup('Commands:').helpCommand('help [verb]', 'show the help of a verb');
  for (const sub of spec.subcommands ?? []) add(command, sub, context, finish);
  const load = VERBS[pathOf(command)];
  if (!load) return;
  // What follows the service belongs to the command that is run there, flags and all.
  if (spec.passThrough) command.passThroughOptions();
  command.action(async (...given: unknown[]) => {
    const words = given.slice(0, -2);
    const { run } = await load();
    const positionals = spec.usage.includes('[folder]') ? folderLast(words, spec.usage, context.cwd) : words;
    finish(await (run as Run)(context, ...positionals, given.at(-2)));
  });
}

/** A verb and what follows it; that there are options goes without saying. */
function termOf(command: Command): string {
  const words = command.registeredArguments.map((argument) => {
    const name = argument.variadic ? `${argument.name()}...` : argument.name();
    return argument.required ? `<${name}>` : `[${name}]`;
  });
  return [command.name(), ...words].join(' ');
}

/** `secret set`: the words that call a verb, without the program's own name. */
export function pathOf(command: Command): string {
  const above = command.parent;
  return above?.parent ? `${pathOf(above)} ${command.name()}` : command.name();
}

type Run = (context: Context, ...words: unknown[]) => Promise<ExitCode>;

function optionOf({
  flags,
  text,
  fallback,
  required,
  parse,
  choices,
}: NonNullable<CommandSpec['options']>[number]): Option {
  const option = new Option(flags, text);
  const read = parse as ((text: string, before: unknown) => unknown) | undefined;
  if (fallback !== undefined) option.default(read ? read(fallback, undefined) : fallback, fallback);
  if (required) option.makeOptionMandatory();
  if (read) option.argParser(read);
  if (choices) option.choices(choices);
  return option;
}

/**
 * The system's folder may be typed first or last: `islet logs shop/ web` is `islet logs web shop/`. Usages say it last,
 * where it can be left out.
 */
export function folderLast(words: readonly unknown[], usage: string, cwd: string): readonly unknown[] {
  const [first, ...others] = words;
  if (words.length < 2 || typeof first !== 'string' || !meansFolder(first, cwd)) return words;
  const moved = [...others.filter((word) => word !== undefined), first];
  const required = usage.match(/<\w+>/g)?.length ?? 0;
  if (moved.length <= required) throw new UsageError(`missing argument: islet ${usage}`);
  return [...moved.slice(0, -1), ...Array(words.length - moved.length).fill(undefined), first];
}
