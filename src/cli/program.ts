import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import type { CommandContext } from './command-context.js';

type CreateCommand = (context: CommandContext) => Command;

/** Each command with what loads it: `autoproxy healthcheck` runs every few seconds and needs no part of the edge. */
const COMMANDS: ReadonlyMap<string, () => Promise<CreateCommand>> = new Map([
  ['node', async () => (await import('./node.js')).createNodeCommand],
  ['demo', async () => (await import('./demo.js')).createDemoCommand],
  ['check', async () => (await import('./check.js')).createCheckCommand],
  ['status', async () => (await import('./status.js')).createStatusCommand],
  ['why', async () => (await import('./why.js')).createWhyCommand],
  ['drain', async () => (await import('./drain.js')).createDrainCommand],
  ['ready', async () => (await import('./ready.js')).createReadyCommand],
  ['maint', async () => (await import('./maint.js')).createMaintCommand],
  ['stop', async () => (await import('./stop.js')).createStopCommand],
  ['healthcheck', async () => (await import('./healthcheck.js')).createHealthcheckCommand],
  ['app', async () => (await import('./app/app.js')).createAppCommand],
  ['slot', async () => (await import('./slot/slot.js')).createSlotCommand],
  ['plan', async () => (await import('./plan.js')).createPlanCommand],
  ['apply', async () => (await import('./apply.js')).createApplyCommand],
  ['edge', async () => (await import('./edge/edge.js')).createEdgeCommand],
]);

/**
 * The command line; built anew for each run, since commander keeps what it parsed.
 * @param argv when its first word names a command, only that one is loaded; else all are, for help and suggestions
 */
export async function createProgram(context: CommandContext, argv: readonly string[] = []): Promise<Command> {
  const program = new Command('autoproxy')
    .description("A node's own load balancer: every application on its slot, changed without losing a connection.")
    .version(readVersion(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this, or the help of a command')
    .addHelpText('after', EXIT_CODE_HELP);
  const named = COMMANDS.get(argv[0] ?? '');
  for (const load of named === undefined ? COMMANDS.values() : [named]) program.addCommand((await load())(context));
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
