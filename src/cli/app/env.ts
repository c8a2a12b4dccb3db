import { Command, Option } from 'commander';
import { reasonOf } from '../../core/thrown.js';
import { readWholeInput } from '../../core/whole-file.js';
import type { EnvEntry } from '../../model/app-definition.js';
import { ENVIRONMENT_FORMATS, type EnvironmentFormat, formatEnvironment } from '../../registry/environment-text.js';
import type { CommandContext } from '../command-context.js';
import { CommandFailure } from '../exit-codes.js';
import { addRegistryOptions, type RegistryOptionValues, withRegistry } from '../registry-options.js';
import { storedApp } from './stored-app.js';

/** Linux takes no longer text into an environment (MAX_ARG_STRLEN). */
const MAX_SECRET_BYTES = 131_072;

const HELP = `
Formats:
  dotenv  for ". FILE" of a shell, node --env-file, dotenv of npm and Docker Compose; a value that these would read in
          different ways is refused
  docker  for docker run --env-file
  export  for eval in a POSIX shell; secrets are read there
  json    for programs

Example:
  eval "$(autoproxy app env checkout --format export --registry ./apps)"`;

interface AppEnvOptions extends RegistryOptionValues {
  readonly format: EnvironmentFormat;
  readonly readSecrets?: true;
}

export function createAppEnvCommand(context: CommandContext): Command {
  const command = new Command('env')
    .description("print the environment of an app's containers")
    .argument('<name>', 'the app')
    .addOption(new Option('--format <FORMAT>', 'how').choices(ENVIRONMENT_FORMATS).default('dotenv'))
    .option('--read-secrets', 'read secrets from their files on this machine; else only their places are printed')
    .addHelpText('after', HELP);
  return addRegistryOptions(command).action(async (name: string, options: AppEnvOptions) => {
    const text = await withRegistry(options, context, async (registry) => {
      const { env } = (await storedApp(registry, name)).definition;
      const entries = options.readSecrets ? await Promise.all(env.map(withSecret)) : env;
      return formatEnvironment(entries, options.format);
    });
    context.terminal.write(text);
  });
}

/** Editors end a file with a line end that belongs to no secret. */
async function withSecret({ name, value }: EnvEntry): Promise<EnvEntry> {
  if (typeof value === 'string') return { name, value };
  const file = value.from.replace(/^file:/, '');
  const text = await readWholeInput(file, MAX_SECRET_BYTES).catch((error: unknown) => {
    const hint = 'run this where the file is, or leave out --read-secrets';
    throw new CommandFailure(`${name}: ${file}: ${reasonOf(error)}`, hint);
  });
  // What is not UTF-8 was read as U+FFFD.
  if (text.includes('\0') || text.includes('\ufffd'))
    throw new CommandFailure(
      `${name}: ${file} has bytes that no environment can hold`,
      'write it as text, such as base64',
    );
  return { name, value: text.replace(/\r?\n$/, '') };
}
