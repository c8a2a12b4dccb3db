import { Command, Option } from 'commander';
import { systemClock } from '../core/clock.js';
import { formatDuration } from '../core/durations.js';
import { nameOf } from '../placement/plan.js';
import { type RolloutEnd, type RolloutListener, rollOut } from '../placement/rollout.js';
import { Swarm } from '../placement/swarm.js';
import type { CommandContext } from './command-context.js';
import { countOf } from './count-text.js';
import { addDockerOption, withDocker } from './docker-option.js';
import { CommandFailure, EXIT_CODES } from './exit-codes.js';
import { durationArgument } from './option-types.js';
import { planLines } from './placement/plan-text.js';
import { type PlacementOptionValues, placementOf, planned } from './placement/planned.js';
import { addRegistryOptions } from './registry-options.js';

interface ApplyOptions extends PlacementOptionValues {
  readonly timeout: number;
}

const DEFAULT_TIMEOUT_MS = 600_000;
const INTERRUPTS = ['SIGINT', 'SIGTERM'] as const;

export function createApplyCommand(context: CommandContext): Command {
  const { terminal, env, finish } = context;
  const command = new Command('apply')
    .description('bring the services of the Swarm to what the definitions say, and wait until they are')
    .argument('[app...]', 'the apps; without any, all, and services of apps that are gone are removed')
    .addOption(
      new Option('--timeout <TIME>', 'how long all of it may take; what was begun goes on after it')
        .argParser(durationArgument)
        .default(DEFAULT_TIMEOUT_MS, formatDuration(DEFAULT_TIMEOUT_MS)),
    )
    .addHelpText('after', '\nExample:\n  autoproxy apply checkout --consul http://127.0.0.1:8500');
  return addDockerOption(addRegistryOptions(command)).action(async (apps: string[], options: ApplyOptions) => {
    const wanted = await placementOf(apps, options, context);
    for (const warning of wanted.warnings) terminal.warn(`autoproxy: ${warning}`);
    const interrupt = new AbortController();
    for (const signal of INTERRUPTS) process.once(signal, () => interrupt.abort());
    const work = withDocker(options, env, interrupt.signal, async (connection) => {
      const swarm = new Swarm(connection, interrupt.signal);
      const { plan, view, against } = planned(wanted, await swarm.view());
      for (const line of planLines(plan)) terminal.print(line);
      if (against.length > 0) throw new CommandFailure('nothing was changed', against.join('\n  → '));
      const { secrets } = view;
      const parts = { swarm, secrets, listener: progressLines(context), now: () => systemClock.now() };
      return rollOut(plan, { ...parts, deadlineMs: options.timeout, signal: interrupt.signal });
    });
    const end = await work.catch((error: unknown) => {
      if (!interrupt.signal.aborted) throw error;
      throw new CommandFailure(
        'interrupted: what was begun goes on',
        'autoproxy apply waits for it, and makes the rest',
      );
    });
    if (end.kind === 'done') return;
    for (const line of verdictLines(end)) terminal.warn(line);
    finish(CODES[end.kind]);
  });
}

const CODES = {
  done: EXIT_CODES.done,
  'rolled-back': EXIT_CODES.rolledBack,
  failed: EXIT_CODES.failed,
  deadline: EXIT_CODES.deadline,
} as const;

function progressLines({ terminal }: CommandContext): RolloutListener {
  return {
    onProgress(step, { kind, running, wanted, reason }) {
      const words = kind === 'busy' ? '' : `, ${kind}`;
      terminal.print(
        `${nameOf(step)}: ${running} of ${countOf(wanted, 'task')} run${words}${reason === '' ? '' : ` (${reason})`}`,
      );
    },
  };
}

function verdictLines({ kind, step, reason, left }: RolloutEnd): readonly string[] {
  const name = step === null ? '' : nameOf(step);
  const words = {
    done: '',
    'rolled-back': 'the new version failed, and the service was rolled back to the one before',
    failed: 'the tasks do not run',
    deadline: 'it is not done in time, and goes on',
  }[kind];
  const lines = [`autoproxy: ${name}: ${words}${reason === '' ? '' : `: ${reason}`}`];
  if (left.length > 0) lines.push(`  not begun: ${left.map(nameOf).join(', ')}`);
  lines.push(`  → docker service ps --no-trunc ${name}`);
  return lines;
}
