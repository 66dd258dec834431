import type { CompletedVerb } from './words.ts';

export function zshCompletion(verbs: readonly CompletedVerb[]): string {
  const top = verbs.filter(({ path }) => !path.includes(' '));
  const cases = verbs.map((verb) => {
    const subs = verbs.filter(({ path }) => path.startsWith(`${verb.path} `));
    const described = subs.map(({ path, summary }) => entry(path.split(' ')[1] ?? '', summary)).join(' ');
    const services = verb.takesService ? ` \${(f)"$(islet __services 2>/dev/null)"}` : '';
    return `    '${verb.path}') flags=(${verb.flags.join(' ')}); words_here=(${described}${services}) ;;`;
  });
  return `#compdef islet
# zsh completion of islet: islet completion zsh > "\${fpath[1]}/_islet"
_islet() {
  local verb="\${words[2]}"
  local -a flags words_here
  if ((CURRENT == 2)); then
    words_here=(
${top.map(({ path, summary }) => `      ${entry(path, summary)}`).join('\n')}
    )
    _describe 'verb' words_here
    return
  fi
  case "$verb" in new | secret) ((CURRENT > 3)) && verb="$verb \${words[3]}" ;; esac
  case "$verb" in
${cases.join('\n')}
  esac
  [[ "\${words[CURRENT]}" == -* ]] && compadd -a flags && return
  _describe 'argument' words_here
  _files -/
}
compdef _islet islet
`;
}

function entry(word: string, summary: string): string {
  return `'${`${word}:${summary.replaceAll(':', '\\:')}`.replaceAll("'", "'\\''")}'`;
}
