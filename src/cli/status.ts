import { setTimeout as delay } from 'node:timers/promises';
import { Command } from 'commander';
import type { StateDocument } from '../admin/state-document.js';
import { type AdminOptionValues, adminOption, askNode } from './admin-option.js';
import type { CommandContext } from './command-context.js';
import { CommandFailure } from './exit-codes.js';
import { pauseArgument } from './option-types.js';
import { formatStatus } from './status-text.js';
import { drawLines, enterScreen, leaveScreen, type Terminal } from './terminal.js';

interface StatusOptions extends AdminOptionValues {
  readonly json?: true;
  readonly instances?: true;
  /** true without a time of its own. */
  readonly watch?: number | true;
}

const WATCH_EVERY_MS = 2_000;
/** An answer of the node takes some milliseconds of its primary. */
const MIN_WATCH_MS = 100;

export function createStatusCommand({ terminal, defaults }: CommandContext): Command {
  return new Command('status')
    .description('show what the node serves: instances, requests, errors, latency and bleed of each app')
    .argument('[app]', 'show this app alone, with its instances')
    .addOption(adminOption(defaults))
    .option('--instances', 'a line for each instance too')
    .option(
      '--watch [TIME]',
      'repeat; counts and latencies cover the time since the last table (default: 2s, at least 100ms)',
      pauseArgument(MIN_WATCH_MS),
    )
    .option('--json', 'the state document of the node, for programs')
    .addHelpText(
      'after',
      '\nERRORS counts faults of the node and its instances, not those of clients.\n\n' +
        'Example:\n  autoproxy status\n  autoproxy status shop --watch 1s',
    )
    .action(async (app: string | undefined, options: StatusOptions) => {
      const read = (): Promise<StateDocument> => askNode(options.admin, (client) => client.readState());
      const show = (state: StateDocument, earlier: StateDocument | null): string[] => {
        if (options.json) return [JSON.stringify(state, null, options.watch === undefined ? 2 : 0)];
        const showsInstances = options.instances === true || app !== undefined;
        return formatStatus(
          app === undefined ? state : withAppOnly(state, app),
          { showsInstances, earlier },
          terminal.paint,
        );
      };
      if (options.watch === undefined) {
        for (const line of show(await read(), null)) terminal.print(line);
        return;
      }
      await watch(terminal, options.watch === true ? WATCH_EVERY_MS : options.watch, options.json === true, read, show);
    });
}

/** Until a signal comes, or the node does not answer any more. */
async function watch(
  terminal: Terminal,
  everyMs: number,
  isJson: boolean,
  read: () => Promise<StateDocument>,
  show: (state: StateDocument, earlier: StateDocument | null) => string[],
): Promise<void> {
  const abort = new AbortController();
  const onSignal = (): void => abort.abort();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, onSignal);
  const redraws = terminal.isInteractive && !isJson;
  if (redraws) enterScreen(terminal);
  try {
    let earlier: StateDocument | null = null;
    while (!abort.signal.aborted) {
      const state = await read();
      const lines = show(state, earlier);
      if (redraws) drawLines(terminal, lines);
      else for (const line of lines) terminal.print(line);
      earlier = state;
      await delay(everyMs, undefined, { signal: abort.signal }).catch(() => {});
    }
  } finally {
    if (redraws) leaveScreen(terminal);
  }
}

function withAppOnly(state: StateDocument, name: string): StateDocument {
  const apps = state.apps.filter((app) => app.name === name);
  if (apps.length > 0) return { ...state, apps, problems: state.problems.filter(({ app }) => app === name) };
  const known = state.apps.map((app) => app.name).join(', ') || 'none';
  throw new CommandFailure(`this node has no app ${name}`, `it has: ${known}`);
}
