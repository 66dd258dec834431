import { COMMANDS, type CommandSpec } from '../commands.ts';

/** A verb as a shell completes it. */
export interface CompletedVerb {
  /** `secret set`: the words up to it. */
  readonly path: string;
  readonly summary: string;
  readonly flags: readonly string[];
  /** Its first argument is a service's name. */
  readonly takesService: boolean;
  readonly takesFolder: boolean;
}

/** All verbs that a person may type, with their subcommands below them. */
export function completedVerbs(commands: readonly CommandSpec[] = COMMANDS, above = ''): CompletedVerb[] {
  return commands
    .filter((command) => !command.hidden)
    .flatMap((command) => {
      const [name = ''] = command.usage.split(' ');
      return [name, ...(command.alias ? [command.alias] : [])].flatMap((word) => {
        const path = above ? `${above} ${word}` : word;
        return [verbAt(path, command), ...completedVerbs(command.subcommands ?? [], path)];
      });
    });
}

function verbAt(path: string, { usage, summary, options = [] }: CommandSpec): CompletedVerb {
  return {
    path,
    summary,
    flags: ['--help', ...options.flatMap(({ flags }) => flags.match(/--[\w-]+/g) ?? [])].sort(),
    takesService: /^\w+ [<[]service[\]>]/.test(usage),
    takesFolder: usage.includes('[folder]'),
  };
}
