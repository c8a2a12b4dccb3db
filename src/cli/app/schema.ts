import { Command } from 'commander';
import { appDefinitionJsonSchema } from '../../documents/app-definition-document.js';
import type { CommandContext } from '../command-context.js';

export function createAppSchemaCommand({ terminal }: CommandContext): Command {
  return new Command('schema')
    .description('print the JSON Schema of a definition, for editors')
    .addHelpText(
      'after',
      '\nAn editor with the YAML language server reads it where a definition begins with\n' +
        '# yaml-language-server: $schema=./autoproxy-app.schema.json\n\n' +
        'Example:\n  autoproxy app schema > autoproxy-app.schema.json',
    )
    .action(() => terminal.print(JSON.stringify(appDefinitionJsonSchema(), null, 2)));
}
