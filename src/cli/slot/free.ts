import { Command } from 'commander';
import { freeSlot } from '../../registry/record-slot.js';
import type { CommandContext } from '../command-context.js';
import {
  addRegistryOptions,
  portArgument,
  type RegistryOptionValues,
  systemChances,
  withRegistry,
} from '../registry-options.js';

interface SlotFreeOptions extends RegistryOptionValues {
  readonly json?: true;
}

export function createSlotFreeCommand(context: CommandContext): Command {
  const { terminal } = context;
  const command = new Command('free')
    .description('free a slot that no app uses; its quarantine begins')
    .argument('<port>', 'the slot', portArgument)
    .option('--json', 'one JSON document for programs')
    .addHelpText('after', '\nExample:\n  autoproxy slot free 21034 --registry ./apps');
  return addRegistryOptions(command).action(async (port: number, options: SlotFreeOptions) => {
    const app = await withRegistry(options, context, (registry) => freeSlot(registry, port, systemChances));
    terminal.print(
      options.json ? JSON.stringify({ app, port }, null, 2) : `slot ${port} of ${app} is free after its quarantine`,
    );
  });
}
