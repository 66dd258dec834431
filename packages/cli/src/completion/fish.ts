import type { CompletedVerb } from './words.ts';

export function fishCompletion(verbs: readonly CompletedVerb[]): string {
  return `# fish completion of islet: islet completion fish > ~/.config/fish/completions/islet.fish
${verbs.flatMap(linesOf).join('\n')}
`;
}

function linesOf({ path, summary, flags, takesService, takesFolder }: CompletedVerb): string[] {
  const [verb = '', sub] = path.split(' ');
  const above = sub ? `__fish_seen_subcommand_from ${verb}` : '__fish_use_subcommand';
  const here = sub
    ? `__fish_seen_subcommand_from ${verb}; and __fish_seen_subcommand_from ${sub}`
    : `__fish_seen_subcommand_from ${verb}`;
  return [
    `complete -c islet -f -n '${above}' -a ${sub ?? verb} -d '${summary.replaceAll("'", "\\'")}'`,
    ...flags.map((flag) => `complete -c islet -n '${here}' -l ${flag.slice(2)}`),
    ...(takesService ? [`complete -c islet -f -n '${here}' -a '(islet __services 2>/dev/null)'`] : []),
    ...(takesFolder ? [`complete -c islet -f -n '${here}' -a '(__fish_complete_directories)'`] : []),
  ];
}
