/** `drain`, `ready` and `maint` are one command with three words. */
import { userInfo } from 'node:os';
import { Command } from 'commander';
import type { StateChange } from '../admin/client.js';
import type { InstanceStatus, StateDocument } from '../admin/state-document.js';
import type { AdminState } from '../model/app.js';
import { escapeText } from '../model/problem.js';
import { type AdminOptionValues, adminOption, adminTokenOption, askNode } from './admin-option.js';
import type { CommandContext } from './command-context.js';
import { EXIT_CODES } from './exit-codes.js';
import { waitForIdle } from './idle-wait.js';
import { durationArgument } from './option-types.js';
import { isMeant, otherMeaning, parseTarget, type StateTarget, targetsIn } from './state-target.js';
import type { Terminal } from './terminal.js';

interface StateOptions extends AdminOptionValues {
  readonly by: string;
  readonly wait?: number;
  readonly json?: true;
}

interface StateWords {
  readonly description: string;
  readonly example: string;
  /** It takes traffic away, so somebody may want to wait for its end. */
  readonly canWait: boolean;
}

export function createStateCommand(context: CommandContext, state: AdminState, words: StateWords): Command {
  const { terminal, defaults, finish } = context;
  const command = new Command(state)
    .description(words.description)
    .argument('<target>', 'APP, APP/IP:PORT, APP/CONTAINER or CONTAINER')
    .addOption(adminOption(defaults))
    .addOption(adminTokenOption(defaults))
    .option('--by <NAME>', 'who asks; recorded with the decision', userName(context.env))
    .option('--json', 'the outcome as JSON');
  if (words.canWait)
    command.option(
      '--wait <TIME>',
      'wait until no request is under way; exit code 3 after this time',
      durationArgument,
    );
  return command
    .addHelpText(
      'after',
      `\nThe decision stays until the next one, over restarts of the node and changes of its files.\n\nExample:\n${words.example}`,
    )
    .action(async (target: string, options: StateOptions) => {
      const said = parseTarget(target);
      const outcome = await askNode(
        options,
        async (client) => {
          const targets = said.instance === null ? targetsOf(await client.readState(), said, terminal) : [said];
          const changes: StateChange[] = [];
          for (const { app, instance } of targets) changes.push(await client.setAdminState(app, instance, state));
          const isConcerned = (app: string, instance: InstanceStatus): boolean =>
            targets.some((target) => isMeant(target, app, instance));
          const left = options.wait === undefined ? null : await waitForIdle(client, isConcerned, options.wait);
          return outcomeFrom(changes, left);
        },
        options.by,
      );
      const { left } = outcome;
      if (options.json) terminal.print(JSON.stringify(outcome));
      else terminal.print(`${escapeText(target)}: ${state}${left === 0 ? ', no request is under way' : ''}`);
      if (!outcome.saved) {
        terminal.warn(
          `autoproxy: in force, but a restart of the node would forget it: ${escapeText(outcome.reason ?? 'it is not saved')}`,
        );
        terminal.warn('  → the node goes on trying to save it; autoproxy doctor says what hinders that');
      }
      if (left === null || left === 0) return;
      terminal.warn(`autoproxy: ${left} still under way when the time was over`);
      terminal.warn(
        `  → the ${state} goes on; wait again with the same command, or see: autoproxy status ${outcome.app}`,
      );
      finish(EXIT_CODES.deadline);
    });
}

/** Says so where the word has another meaning. */
function targetsOf(state: StateDocument, said: StateTarget, { warn }: Terminal): readonly StateTarget[] {
  const other = otherMeaning(state, said);
  if (other !== null) warn(`autoproxy: ${escapeText(other)}`);
  return targetsIn(state, said);
}

interface StateOutcome extends StateChange {
  /** Requests and tunnels under way when the wait ended; null: nobody waited. */
  readonly left: number | null;
  /** All, where a container serves several apps; the fields above are those of the first. */
  readonly changes?: readonly StateChange[];
}

function outcomeFrom(changes: readonly StateChange[], left: number | null): StateOutcome {
  const [first] = changes;
  if (first === undefined) throw new TypeError('no target, no change');
  if (changes.length === 1) return { ...first, left };
  const unsaved = changes.find(({ saved }) => !saved) ?? first;
  return { ...first, ...(unsaved.saved ? {} : { saved: false, reason: unsaved.reason ?? '' }), left, changes };
}

export function userName(env: NodeJS.ProcessEnv): string {
  // Who became root says more with the name from before.
  if (env.SUDO_USER !== undefined && env.SUDO_USER !== '') return env.SUDO_USER;
  try {
    return userInfo().username;
  } catch {
    // A container may run as a number without a name.
    return `uid ${process.getuid?.() ?? 'unknown'}`;
  }
}
