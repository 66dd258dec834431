import type { CompletedVerb } from './words.ts';

export function bashCompletion(verbs: readonly CompletedVerb[]): string {
  const top = verbs.filter(({ path }) => !path.includes(' ')).map(({ path }) => path);
  const cases = verbs.map((verb) => {
    const subs = verbs.filter(({ path }) => path.startsWith(`${verb.path} `)).map(({ path }) => path.split(' ')[1]);
    const services = verb.takesService ? ' $(islet __services 2>/dev/null)' : '';
    return `    '${verb.path}') flags='${verb.flags.join(' ')}' words="${subs.join(' ')}${services}" ;;`;
  });
  return `# bash completion of islet: source <(islet completion bash)
_islet() {
  local current="\${COMP_WORDS[COMP_CWORD]}" verb="\${COMP_WORDS[1]}" flags='--help --version' words='${top.join(' ')}'
  COMPREPLY=()
  if ((COMP_CWORD > 1)); then
    case "$verb" in new | secret) ((COMP_CWORD > 2)) && verb="$verb \${COMP_WORDS[2]}" ;; esac
    flags='--help' words=''
    case "$verb" in
${cases.join('\n')}
    esac
  fi
  if [[ $current == -* ]]; then
    COMPREPLY=($(compgen -W "$flags" -- "$current"))
  else
    COMPREPLY=($(compgen -W "$words" -- "$current"))
    ((COMP_CWORD > 1)) && COMPREPLY+=($(compgen -d -- "$current"))
  fi
  return 0
}
complete -o filenames -F _islet islet ./islet
`;
}
