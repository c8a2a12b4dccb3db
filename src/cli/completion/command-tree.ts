/** What a shell completes, read from the program itself. Pure. */
import type { Argument, Command, Option } from 'commander';

/** What may stand at a place. */
export type Words = 'apps' | 'files' | 'anything' | readonly string[];

export interface CompletedOption {
  /** `--json`, `-h` */
  readonly flags: readonly string[];
  readonly help: string;
  /** null: it takes no value, or may do without. */
  readonly value: Words | null;
}

export interface CompletedCommand {
  /** From the program on: `autoproxy edge render`. */
  readonly path: string;
  readonly commands: readonly { readonly name: string; readonly help: string }[];
  readonly options: readonly CompletedOption[];
  readonly argument: Words;
}

/** The program and all commands below it. */
export function completedCommands(command: Command, above = ''): readonly CompletedCommand[] {
  const path = above === '' ? command.name() : `${above} ${command.name()}`;
  const { commands } = command;
  const help = command.createHelp();
  return [
    {
      path,
      commands: commands.map((inner) => ({ name: inner.name(), help: firstLine(inner.description()) })),
      options: help.visibleOptions(command).map(completedOption),
      argument: wordsOfArgument(command),
    },
    ...commands.flatMap((inner) => completedCommands(inner, path)),
  ];
}

function completedOption(option: Option): CompletedOption {
  const flags = [option.short, option.long].filter((flag) => flag != null);
  return { flags, help: firstLine(option.description), value: option.required ? wordsOfValue(option) : null };
}

function wordsOfValue({ argChoices, flags }: Option): Words {
  if (argChoices !== undefined) return argChoices;
  return /<(FILE|DIR|PATH)[^>]*>/i.test(flags) ? 'files' : 'anything';
}

/** Commands that ask a node are about its apps; those of the registry and of the Swarm know others. */
function wordsOfArgument(command: Command): Words {
  const [argument] = command.registeredArguments;
  if (argument === undefined) return 'anything';
  if (argument.argChoices !== undefined) return argument.argChoices;
  const asksNode = command.options.some(({ long }) => long === '--admin');
  if (asksNode && isApp(argument)) return 'apps';
  return /^(file|path|dir)/i.test(argument.name()) ? 'files' : 'anything';
}

function isApp(argument: Argument): boolean {
  return argument.name() === 'app' || argument.name() === 'target';
}

function firstLine(text: string): string {
  return text.split('\n')[0] ?? '';
}
