import { Command } from 'commander';
import { PROGRAM_VERSION } from '../core/program-version.js';
import type { CommandContext } from './command-context.js';

type CreateCommand = (context: CommandContext) => Command;

/** @param words behind the name of the command */
type LoadCommand = (words: readonly string[]) => Promise<CreateCommand>;

const HELP_WORDS = ['--help', '-h'];
const VERSION_WORDS = ['--version', '-V'];

/** Each command with what loads it: `autoproxy healthcheck` runs every few seconds and needs no part of the edge. */
const COMMANDS: ReadonlyMap<string, LoadCommand> = new Map<string, LoadCommand>([
  ['node', loadNode],
  ['demo', async () => (await import('./demo.js')).createDemoCommand],
  ['check', async () => (await import('./check.js')).createCheckCommand],
  ['status', async () => (await import('./status.js')).createStatusCommand],
  ['ps', async () => (await import('./ps.js')).createPsCommand],
  ['top', async () => (await import('./top.js')).createTopCommand],
  ['stats', async () => (await import('./stats.js')).createStatsCommand],
  ['sessions', async () => (await import('./sessions.js')).createSessionsCommand],
  ['events', async () => (await import('./events.js')).createEventsCommand],
  ['why', async () => (await import('./why.js')).createWhyCommand],
  ['config', async () => (await import('./config.js')).createConfigCommand],
  ['doctor', async () => (await import('./doctor/doctor.js')).createDoctorCommand],
  ['drain', async () => (await import('./drain.js')).createDrainCommand],
  ['ready', async () => (await import('./ready.js')).createReadyCommand],
  ['maint', async () => (await import('./maint.js')).createMaintCommand],
  ['stop', async () => (await import('./stop.js')).createStopCommand],
  ['completion', async () => (await import('./completion/completion.js')).createCompletionCommand],
  ['healthcheck', async () => (await import('./healthcheck.js')).createHealthcheckCommand],
  ['app', async () => (await import('./app/app.js')).createAppCommand],
  ['slot', async () => (await import('./slot/slot.js')).createSlotCommand],
  ['plan', async () => (await import('./plan.js')).createPlanCommand],
  ['apply', async () => (await import('./apply.js')).createApplyCommand],
  ['rollout', async () => (await import('./rollout/rollout.js')).createRolloutCommand],
  ['pods', async () => (await import('./pods/pods.js')).createPodsCommand],
  ['edge', async () => (await import('./edge/edge.js')).createEdgeCommand],
]);

/**
 * The command line; built anew for each run, since commander keeps what it parsed.
 * @param argv when its first word names a command, only that one is loaded; for the version none; else all are
 */
export async function createProgram(context: CommandContext, argv: readonly string[] = []): Promise<Command> {
  const program = new Command('autoproxy')
    .description("A node's own load balancer: every application on its slot, changed without losing a connection.")
    .version(PROGRAM_VERSION, '-V, --version', 'print the version')
    // An option behind the name of a command is that command's, also where the one before has it too.
    .enablePositionalOptions()
    .helpOption('-h, --help', 'print this, or the help of a command')
    .addHelpText('after', EXIT_CODE_HELP);
  const named = neededCommands(argv);
  const words = named === null ? HELP_WORDS : argv.slice(1);
  for (const load of named === null ? COMMANDS.values() : named) program.addCommand((await load(words))(context));
  configure(program, [], context);
  return program;
}

/** @returns null: all are needed, for help and suggestions */
function neededCommands([first = '']: readonly string[]): readonly LoadCommand[] | null {
  if (VERSION_WORDS.includes(first)) return [];
  const named = COMMANDS.get(first);
  return named === undefined ? null : [named];
}

/** A node that runs does not load the commands below it: with the clients that they need it would take 7 MB more. */
async function loadNode(words: readonly string[]): Promise<CreateCommand> {
  const isNodeAlone = (words[0] ?? '-').startsWith('-') && !HELP_WORDS.some((word) => words.includes(word));
  return isNodeAlone
    ? (await import('./node/node.js')).createNodeCommand
    : (await import('./node/node-commands.js')).createNodeCommands;
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
