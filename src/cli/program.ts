import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { createAppCommand } from './app/app.js';
import { createCheckCommand } from './check.js';
import type { CommandContext } from './command-context.js';
import { createDemoCommand } from './demo.js';
import { createDrainCommand } from './drain.js';
import { createEdgeCommand } from './edge/edge.js';
import { createHealthcheckCommand } from './healthcheck.js';
import { createMaintCommand } from './maint.js';
import { createNodeCommand } from './node.js';
import { createReadyCommand } from './ready.js';
import { createSlotCommand } from './slot/slot.js';
import { createStatusCommand } from './status.js';
import { createWhyCommand } from './why.js';

const COMMANDS = [
  createNodeCommand,
  createDemoCommand,
  createCheckCommand,
  createStatusCommand,
  createWhyCommand,
  createDrainCommand,
  createReadyCommand,
  createMaintCommand,
  createHealthcheckCommand,
  createAppCommand,
  createSlotCommand,
  createEdgeCommand,
];

/** The whole command line; built anew for each run, since commander keeps what it parsed. */
export function createProgram(context: CommandContext): Command {
  const program = new Command('autoproxy')
    .description("A node's own load balancer: every application on its slot, changed without losing a connection.")
    .version(readVersion(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this, or the help of a command')
    .addHelpText('after', EXIT_CODE_HELP);
  for (const createCommand of COMMANDS) program.addCommand(createCommand(context));
  configure(program, [], context);
  return program;
}

/** Settings are not inherited by commands that are added whole. */
function configure(command: Command, parents: readonly string[], context: CommandContext): void {
  const words = [...parents, command.name()];
  command
    .exitOverride()
    .showHelpAfterError(`Run "${words.join(' ')} --help" to see what there is.`)
    .configureOutput({
      writeOut: (text) => context.terminal.write(text),
      writeErr: (text) => context.terminal.warn(text.trimEnd()),
    });
  for (const inner of command.commands) configure(inner, words, context);
}

const EXIT_CODE_HELP = `
Exit codes: 0 done, 1 invalid or failed, 2 differences (or warnings with --strict), 3 deadline, 4 rolled back, 64 usage.`;

function readVersion(): string {
  const manifest = readFileSync(new URL('../../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(manifest) as { readonly version: string }).version;
}
