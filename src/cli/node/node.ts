import { Command } from 'commander';
import { loadConfig, mistakesIn } from '../../config/load.js';
import { ConfigError, hostInputs, type LoadedConfig } from '../../config/option-places.js';
import { CONFIG_OPTION, OPTIONS } from '../../config/options.js';
import { formatProblem } from '../../model/problem.js';
import { takeNotifySocket } from '../../systemd/notify-socket.js';
import type { CommandContext } from '../command-context.js';
import { CommandFailure, EXIT_CODES } from '../exit-codes.js';

export function createNodeCommand({ terminal, env }: CommandContext): Command {
  const command = new Command('node').description('serve the slots of this node');
  for (const { name, placeholder, isSwitch, help, fallbackHelp, environment } of optionRows()) {
    const notes = [fallbackHelp === null ? '' : `default: ${fallbackHelp}`, `env: ${environment.join(', ')}`];
    const value = isSwitch ? `[${placeholder}]` : `<${placeholder}>`;
    command.option(`--${name} ${value}`, `${help} (${notes.filter((note) => note !== '').join('; ')})`);
  }
  return command
    .addHelpText(
      'after',
      '\nA flag wins over the environment, the environment over the file, the file over the default.\n' +
        'Signals: TERM, USR1 and the first INT stop gracefully, QUIT and the second INT now; HUP reads the sources again,\n' +
        'USR2 replaces the workers one after another.\n\n' +
        'Example:\n  autoproxy node --services-dir ./services --state-dir ./state --bind 127.0.0.1',
    )
    .action(async (values: Readonly<Record<string, string | true | undefined>>) => {
      const flags = Object.fromEntries(
        command.options.map((option) => [option.name(), values[option.attributeName()]?.toString()]),
      );
      const loaded = readConfig(flags, env, terminal.warn);
      // Loaded here, so that the commands that only ask do not pay for a node.
      const { runPrimary } = await import('../../primary.js');
      // A handle that is left open must not keep a stopped node alive.
      const written = { ...loaded, mistakes: () => mistakesIn(hostInputs(flags, env)) };
      process.exit(await runPrimary(loaded.config, written, takeNotifySocket(env)));
    });
}

/** @throws CommandFailure with a line for each mistake; a wrong flag is a matter of usage. */
function readConfig(
  flags: Readonly<Record<string, string | undefined>>,
  env: NodeJS.ProcessEnv,
  warn: (line: string) => void,
): LoadedConfig {
  try {
    const loaded = loadConfig(hostInputs(flags, env));
    for (const warning of loaded.warnings) warn(formatProblem(warning));
    return loaded;
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const isUsage = error.problems.some(({ file }) => file.startsWith('--'));
    const exitCode = isUsage ? EXIT_CODES.usage : EXIT_CODES.failed;
    throw new CommandFailure(`some options are wrong\n${error.message}`, 'run: autoproxy node --help', exitCode);
  }
}

function optionRows() {
  const options = Object.values(OPTIONS).filter(({ isSecret }) => !isSecret);
  return [{ ...CONFIG_OPTION, isSwitch: false, fallbackHelp: CONFIG_OPTION.fallback }, ...options];
}
