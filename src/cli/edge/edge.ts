import { Command } from 'commander';
import type { CommandContext } from '../command-context.js';
import { createEdgeRenderCommand } from './render.js';

export function createEdgeCommand(context: CommandContext): Command {
  const command = new Command('edge')
    .description('the front door: the configuration of HAProxy out of the registry')
    .addHelpText('after', '\nExample:\n  autoproxy edge render --registry ./apps --site edge.yml --out ./release');
  for (const create of [createEdgeRenderCommand]) command.addCommand(create(context));
  return command;
}
