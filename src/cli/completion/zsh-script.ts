/** The completion of zsh. Pure. */
import { shellQuoted } from '../../core/shell-quoted.js';
import { pathPatterns } from './bash-script.js';
import type { CompletedCommand, Words } from './command-tree.js';

export function zshScript(commands: readonly CompletedCommand[]): string {
  return `#compdef autoproxy
# Completion of autoproxy for zsh. In ~/.zshrc, after compinit: source <(autoproxy completion zsh)
_autoproxy() {
  local at=autoproxy i
  local -a commands options names
  for ((i = 2; i < CURRENT; i++)); do
    case "$at $words[i]" in
      ${pathPatterns(commands)}) at="$at $words[i]" ;;
    esac
  done
  case "$at $words[CURRENT-1]" in
${commands.flatMap(valueCases).join('\n')}
  esac
  case "$at" in
${commands.map(optionCase).join('\n')}
  esac
  if [[ $words[CURRENT] == -* ]]; then
    _describe -o option options
    return
  fi
  case "$at" in
${commands.map(wordCase).join('\n')}
  esac
}
_autoproxy_apps() {
  names=(\${(f)"$(autoproxy completion apps 2>/dev/null)"})
  compadd -- $names
}
if [[ $funcstack[1] == _autoproxy ]]; then
  _autoproxy "$@"
else
  compdef _autoproxy autoproxy
fi
`;
}

function valueCases({ path, options }: CompletedCommand): readonly string[] {
  return options.flatMap(({ flags, value }) =>
    value === null ? [] : flags.map((flag) => `    ${shellQuoted(`${path} ${flag}`)}) ${completing(value)}; return ;;`),
  );
}

function optionCase({ path, options }: CompletedCommand): string {
  const entries = options.flatMap(({ flags, help }) => flags.map((flag) => described(flag, help)));
  return `    ${shellQuoted(path)}) options=(${entries.join(' ')}) ;;`;
}

function wordCase({ path, commands, argument }: CompletedCommand): string {
  if (commands.length === 0) return `    ${shellQuoted(path)}) ${completing(argument)} ;;`;
  const entries = commands.map(({ name, help }) => described(name, help));
  return `    ${shellQuoted(path)}) commands=(${entries.join(' ')}); _describe command commands ;;`;
}

/** A colon parts the word from its help. */
function described(word: string, help: string): string {
  return shellQuoted(`${word}:${help.replaceAll(':', '\\:')}`);
}

function completing(words: Words): string {
  switch (words) {
    case 'apps':
      return '_autoproxy_apps';
    case 'files':
      return '_files';
    case 'anything':
      return ':';
    default:
      return `compadd -- ${words.map(shellQuoted).join(' ')}`;
  }
}
