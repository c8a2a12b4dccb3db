import { Argument, Command, InvalidArgumentError } from 'commander';
import { AdminClientError } from '../../admin/client-error.js';
import { type AdminOptionValues, connectTo } from '../admin-option.js';
import type { CommandContext } from '../command-context.js';
import { readScript, SHELLS, type Shell } from './script-files.js';

/** The names of the apps, which the scripts ask for while somebody holds the tab key. */
const APPS = 'apps';
const ASK_MS = 300;

export function createCompletionCommand({ terminal, defaults }: CommandContext): Command {
  const shell = new Argument('<shell>', 'the shell').choices(SHELLS).argParser(shellFrom);
  return new Command('completion')
    .description('print the completion of commands, options and app names for bash, zsh or fish')
    .addArgument(shell)
    .addHelpText(
      'after',
      '\nApp names come from the node at AUTOPROXY_ADMIN, or of the file of options; without one there are none.\n\n' +
        'Example:\n  eval "$(autoproxy completion bash)"\n' +
        '  autoproxy completion fish > ~/.config/fish/completions/autoproxy.fish',
    )
    .action(async (word: Shell | typeof APPS) => {
      if (word !== APPS) return terminal.write(readScript(word));
      for (const name of await appNames(defaults)) terminal.print(name);
    });
}

function shellFrom(text: string): Shell | typeof APPS {
  const shell = ([...SHELLS, APPS] as const).find((known) => known === text);
  if (shell === undefined) throw new InvalidArgumentError(`write ${SHELLS.join(', ')}.`);
  return shell;
}

/** Silent where no node answers in time: completion must not disturb the line. */
async function appNames(node: AdminOptionValues): Promise<readonly string[]> {
  const { client } = await connectTo(node, undefined, ASK_MS);
  try {
    return (await client.readState()).apps.map(({ name }) => name);
  } catch (error) {
    if (error instanceof AdminClientError) return [];
    throw error;
  } finally {
    client.close();
  }
}
