import { Command, InvalidArgumentError } from 'commander';
import { APP_NAME_RULE, isAppName } from '../../documents/definition-keys.js';
import { recordSlot } from '../../registry/record-slot.js';
import type { CommandContext } from '../command-context.js';
import {
  addRegistryOptions,
  addSlotOptions,
  portArgument,
  type RegistryOptionValues,
  type SlotOptionValues,
  slotRulesFrom,
  systemChances,
  withRegistry,
} from '../registry-options.js';

interface SlotAllocOptions extends RegistryOptionValues, SlotOptionValues {
  readonly port?: number;
  readonly json?: true;
}

export function createSlotAllocCommand(context: CommandContext): Command {
  const { terminal } = context;
  const command = new Command('alloc')
    .description('give an app a slot before it is written, or record the one that it uses; prints the port')
    .argument('<app>', 'the app', appArgument)
    .option('--port <PORT>', 'this one', portArgument)
    .option('--json', 'one JSON document for programs')
    .addHelpText(
      'after',
      '\nA repeated call prints the same port.\n\nExample:\n  autoproxy slot alloc checkout --registry ./apps',
    );
  return addSlotOptions(addRegistryOptions(command)).action(async (app: string, options: SlotAllocOptions) => {
    const rules = slotRulesFrom(options, context);
    const port = await withRegistry(options, context, (registry) =>
      recordSlot(registry, app, options.port ?? null, { rules, chances: systemChances }),
    );
    terminal.print(options.json ? JSON.stringify({ app, port }, null, 2) : String(port));
  });
}

function appArgument(text: string): string {
  if (!isAppName(text)) throw new InvalidArgumentError(`write a name of an app: ${APP_NAME_RULE}.`);
  return text;
}
