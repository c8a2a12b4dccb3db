/** The completion of bash. Pure. */
import { shellQuoted } from '../../core/shell-quoted.js';
import type { CompletedCommand, Words } from './command-tree.js';

export function bashScript(commands: readonly CompletedCommand[]): string {
  return `# Completion of autoproxy for bash. In ~/.bashrc: source <(autoproxy completion bash)
_autoproxy() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD-1]}
  local at=autoproxy commands='' options='' argument='' i
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "$at \${COMP_WORDS[i]}" in
      ${pathPatterns(commands)}) at="$at \${COMP_WORDS[i]}" ;;
    esac
  done
  case "$at $prev" in
${commands.flatMap(valueCases).join('\n')}
  esac
  case "$at" in
${commands.map(commandCase).join('\n')}
  esac
  if [[ $cur == -* ]]; then
    COMPREPLY=($(compgen -W "$options" -- "$cur"))
  elif [[ -n $commands ]]; then
    COMPREPLY=($(compgen -W "$commands" -- "$cur"))
  else
    _autoproxy_words "$argument"
  fi
}
_autoproxy_words() {
  case "$1" in
    @apps) COMPREPLY=($(compgen -W "$(autoproxy completion apps 2>/dev/null)" -- "$cur")) ;;
    @files) COMPREPLY=($(compgen -f -- "$cur")) ;;
    *) COMPREPLY=($(compgen -W "$1" -- "$cur")) ;;
  esac
}
complete -o filenames -o bashdefault -F _autoproxy autoproxy
`;
}

/** Words that lead to a command below. */
export function pathPatterns(commands: readonly CompletedCommand[]): string {
  return commands
    .slice(1)
    .map(({ path }) => shellQuoted(path))
    .join('|');
}

function valueCases({ path, options }: CompletedCommand): readonly string[] {
  return options.flatMap(({ flags, value }) =>
    value === null
      ? []
      : flags.map(
          (flag) =>
            `    ${shellQuoted(`${path} ${flag}`)}) _autoproxy_words ${shellQuoted(wordText(value))}; return ;;`,
        ),
  );
}

function commandCase({ path, commands, options, argument }: CompletedCommand): string {
  const names = commands.map(({ name }) => name).join(' ');
  const flags = options.flatMap((option) => option.flags).join(' ');
  return `    ${shellQuoted(path)}) commands=${shellQuoted(names)} options=${shellQuoted(flags)} argument=${shellQuoted(wordText(argument))} ;;`;
}

function wordText(words: Words): string {
  switch (words) {
    case 'apps':
      return '@apps';
    case 'files':
      return '@files';
    case 'anything':
      return '';
    default:
      return words.join(' ');
  }
}
