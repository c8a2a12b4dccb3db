import { Command } from 'commander';
import type { CommandContext } from '../command-context.js';
import { createEdgeApplyCommand } from './apply.js';
import { createEdgeCheckCommand } from './check.js';
import { createEdgeDiffCommand } from './diff.js';
import { createEdgeRenderCommand } from './render.js';
import { createEdgeRouteCommand } from './route.js';
import { createEdgeRunCommand } from './run.js';

const COMMANDS = [
  createEdgeRenderCommand,
  createEdgeCheckCommand,
  createEdgeDiffCommand,
  createEdgeApplyCommand,
  createEdgeRunCommand,
  createEdgeRouteCommand,
];

export function createEdgeCommand(context: CommandContext): Command {
  const command = new Command('edge')
    .description('the front door: HAProxy, configured from the registry')
    .addHelpText('after', '\nExample:\n  autoproxy edge render --registry ./apps --site edge.yml --out ./release');
  for (const create of COMMANDS) command.addCommand(create(context));
  return command;
}
