/** The completion of fish. Pure. */
import type { CompletedCommand, CompletedOption, Words } from './command-tree.js';

export function fishScript(commands: readonly CompletedCommand[]): string {
  const paths = commands.slice(1).map(({ path }) => quoted(path));
  return `# Completion of autoproxy for fish: autoproxy completion fish > ~/.config/fish/completions/autoproxy.fish
function __autoproxy_at
    set -l at autoproxy
    for word in (commandline -opc)[2..-1]
        switch "$at $word"
            case ${paths.join(' ')}
                set at "$at $word"
        end
    end
    test "$at" = "$argv"
end
complete -c autoproxy -f
${commands.flatMap(linesOf).join('\n')}
`;
}

function linesOf({ path, commands, options, argument }: CompletedCommand): readonly string[] {
  const where = `complete -c autoproxy -n ${quoted(`__autoproxy_at ${path}`)}`;
  const words = commands.length > 0 ? '' : completing(argument);
  return [
    ...commands.map(({ name, help }) => `${where} -a ${quoted(name)} -d ${quoted(help)}`),
    ...options.map((option) => `${where} ${optionText(option)}`),
    ...(words === '' ? [] : [`${where} ${words}`]),
  ];
}

function optionText({ flags, help, value }: CompletedOption): string {
  const names = flags.map((flag) => (flag.startsWith('--') ? `-l ${flag.slice(2)}` : `-s ${flag.slice(1)}`));
  const taken = value === null ? '' : ` -r ${completing(value)}`;
  return `${names.join(' ')}${taken.trimEnd()} -d ${quoted(help)}`;
}

function completing(words: Words): string {
  switch (words) {
    case 'apps':
      return `-a '(autoproxy completion apps 2>/dev/null)'`;
    case 'files':
      return '-F';
    case 'anything':
      return '';
    default:
      return `-a ${quoted(words.join(' '))}`;
  }
}

/** Within single quotes of fish a backslash stands before a quote and before itself. */
function quoted(text: string): string {
  return `'${text.replace(/['\\]/g, (sign) => `\\${sign}`)}'`;
}
