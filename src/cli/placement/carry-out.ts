/**
 * Carries a plan out between the stages that belong to others: the registry and the edges.
 *
 *   plan, obstacles ──► begin ──► new and changed services ──► open ──► unwanted services are removed
 *          │ (nothing was changed)
 *          ▼
 *        failure
 */
import { systemClock } from '../../core/clock.js';
import { DockerFailure } from '../../docker/failure.js';
import { escapeText } from '../../model/problem.js';
import { ApplyGoesOn, ClaimLost, whileClaimed } from '../../placement/apply-claim.js';
import type { PlacementPlan } from '../../placement/plan.js';
import { type RolloutEnd, rollOut } from '../../placement/rollout.js';
import { isPassing } from '../../placement/silence.js';
import type { Swarm } from '../../placement/swarm.js';
import { authorFrom } from '../author.js';
import type { CommandContext } from '../command-context.js';
import { withDocker } from '../docker-option.js';
import { CommandFailure, EXIT_CODES } from '../exit-codes.js';
import { interruptible } from '../interruption.js';
import type { ApplyOptionValues } from './apply-options.js';
import { planLines } from './plan-text.js';
import { planned, swarmFor, type WantedPlacement } from './planned.js';
import { progressLines, VERDICT_CODES, verdictLines } from './verdict-text.js';

/** What a stage works with. */
export interface Underway {
  readonly swarm: Swarm;
  readonly plan: PlacementPlan;
  /** The command is to end. */
  readonly signal: AbortSignal;
  /** Monotonic, milliseconds: the end of `--timeout`. */
  readonly until: number;
  say(line: string): void;
}

interface Stages {
  /** Nothing stands against the plan, and nothing was changed yet. */
  begin(underway: Underway): Promise<void>;
  /** All that is new runs, and nothing was removed yet. */
  open(underway: Underway): Promise<void>;
}

interface CarryOutOptions extends ApplyOptionValues {
  readonly force?: true;
  readonly json?: true;
}

/**
 * @param again the command that goes on with what was interrupted
 * @returns whether all was done; else the verdict was told, and the exit code set
 * @throws CommandFailure
 */
export async function carryOut(
  wanted: WantedPlacement,
  stages: Stages,
  options: CarryOutOptions,
  context: CommandContext,
  again: string,
): Promise<boolean> {
  const { terminal, env, finish } = context;
  const say = (line: string): void => (options.json ? terminal.warn(line) : terminal.print(line));
  for (const warning of [...wanted.warnings, ...wanted.refusals]) terminal.warn(`autoproxy: ${warning}`);
  const until = systemClock.now() + options.timeout;
  let hasBegun = false;
  const rollout = async (swarm: Swarm, signal: AbortSignal, confirm: () => Promise<void>): Promise<RolloutEnd> => {
    const { plan, view, against, warnings } = await planned(wanted, swarm, options);
    for (const warning of warnings) terminal.warn(`autoproxy: ${escapeText(warning)}`);
    for (const line of planLines(plan)) say(line);
    if (against.length > 0) throw new CommandFailure('nothing was changed', against.join('\n  → '));
    const underway = { swarm, plan, signal, until, say };
    await stages.begin(underway);
    hasBegun = true;
    const now = (): number => systemClock.now();
    const listener = progressLines(say, (line) => terminal.warn(line));
    const parts = { swarm, secrets: view.secrets, listener, now, until, signal, confirm };
    return rollOut(plan, parts, () => stages.open(underway));
  };
  const claim = { apps: wanted.apps, by: authorFrom(env) };
  const goesOn = `${again} waits for it, and makes the rest`;
  const end = await toldToGoOn(goesOn, (signal) =>
    withDocker(options, env, signal, (connection) =>
      whileClaimed(connection, claim, signal, (confirm) =>
        rollout(swarmFor(connection, signal, options, env), signal, confirm).catch((error: unknown) => {
          if (!hasBegun || !(error instanceof DockerFailure) || signal.aborted) throw error;
          const code = isPassing(error) && systemClock.now() >= until ? EXIT_CODES.deadline : EXIT_CODES.failed;
          throw new CommandFailure(error.message, `what was begun goes on; ${goesOn}`, code);
        }),
      ),
    ),
  );
  if (end.kind === 'done') {
    if (wanted.refusals.length > 0) finish(EXIT_CODES.failed);
    return true;
  }
  for (const line of verdictLines(end)) terminal.warn(line);
  finish(VERDICT_CODES[end.kind]);
  return false;
}

/** Tells a person who interrupts, and one who comes second, how to go on. */
function toldToGoOn<T>(goesOn: string, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  return interruptible((signal) =>
    work(signal).catch((error: unknown) => {
      if (error instanceof ApplyGoesOn) throw refusalFrom(error);
      if (error instanceof ClaimLost)
        throw new CommandFailure(error.message, 'the rest was not begun; autoproxy plan shows what is left to do');
      if (!signal.aborted) throw error;
      throw new CommandFailure('interrupted: what was begun goes on', goesOn);
    }),
  );
}

function refusalFrom({ message, lapsesInMs }: ApplyGoesOn): CommandFailure {
  const hint = `wait for it; if its process was killed, try again in ${Math.ceil(lapsesInMs / 1_000)} s`;
  return new CommandFailure(`nothing was changed: ${escapeText(message)}`, hint);
}
