/** `drain`, `ready` and `maint` are one command with three words. */
import { userInfo } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { Command } from 'commander';
import type { AdminClient } from '../admin/client.js';
import type { InstanceStatus } from '../admin/state-document.js';
import type { AdminState } from '../model/app.js';
import { escapeText } from '../model/problem.js';
import { type AdminOptionValues, adminOption, askNode } from './admin-option.js';
import type { CommandContext } from './command-context.js';
import { CommandFailure, EXIT_CODES } from './exit-codes.js';
import { durationArgument } from './option-types.js';

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

const POLL_MS = 100;

export function createStateCommand(context: CommandContext, state: AdminState, words: StateWords): Command {
  const { terminal, defaults, finish } = context;
  const command = new Command(state)
    .description(words.description)
    .argument('<target>', 'APP, or APP/IP:PORT for one instance')
    .addOption(adminOption(defaults))
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
      const { app, instance } = parseTarget(target);
      const outcome = await askNode(
        options.admin,
        async (client) => {
          const change = await client.setAdminState(app, instance, state);
          const left = options.wait === undefined ? null : await waitForIdle(client, app, instance, options.wait);
          return { ...change, left };
        },
        options.by,
      );
      const { left } = outcome;
      if (options.json) terminal.print(JSON.stringify(outcome));
      else terminal.print(`${escapeText(target)}: ${state}${left === 0 ? ', no request is under way' : ''}`);
      if (!outcome.saved) {
        terminal.warn(
          `autoproxy: a restart of the node will forget this: ${escapeText(outcome.reason ?? 'it is not saved')}`,
        );
      }
      if (left === null || left === 0) return;
      terminal.warn(`autoproxy: ${left} still under way when the time was over`);
      terminal.warn(`  → the ${state} goes on; wait again with the same command, or see: autoproxy status ${app}`);
      finish(EXIT_CODES.deadline);
    });
}

/** @returns how many requests and tunnels are left when it is over. */
async function waitForIdle(client: AdminClient, app: string, instance: string | null, waitMs: number): Promise<number> {
  const deadlineMs = performance.now() + waitMs;
  for (;;) {
    const state = await client.readState();
    const found = state.apps.find(({ name }) => name === app);
    const concerned = found?.instances.filter(({ id }) => instance === null || id === instance) ?? [];
    const left = concerned.reduce((sum: number, { inFlight }: InstanceStatus) => sum + inFlight, 0);
    if (left === 0 || performance.now() >= deadlineMs) return left;
    await delay(Math.min(POLL_MS, Math.max(1, deadlineMs - performance.now())));
  }
}

function parseTarget(target: string): { readonly app: string; readonly instance: string | null } {
  const [app = '', instance, ...rest] = target.split('/');
  if (app === '' || instance === '' || rest.length > 0) {
    const hint = 'write APP, or APP/IP:PORT; autoproxy status --instances shows both';
    throw new CommandFailure(`"${escapeText(target)}" is neither an app nor an instance`, hint, EXIT_CODES.usage);
  }
  return { app, instance: instance ?? null };
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
