/**
 * Drain, wait, stop: the only order that is ahead of the signal. A node hears of `docker stop` some milliseconds after the
 * container does.
 */
import { Command } from 'commander';
import type { AdminClient } from '../admin/client.js';
import { reasonOf } from '../core/thrown.js';
import type { ContainerFacts } from '../docker/facts.js';
import type { AdminState } from '../model/app.js';
import { escapeText } from '../model/problem.js';
import { type AdminOptionValues, adminOption, adminTokenOption, askNode } from './admin-option.js';
import { userName } from './admin-state.js';
import type { CommandContext } from './command-context.js';
import { addDockerOption, type DockerOptionValues } from './docker-flag.js';
import { askEngine } from './engine-access.js';
import { CommandFailure, EXIT_CODES } from './exit-codes.js';
import { leftLines, waitForIdle } from './idle-wait.js';
import { interruptible } from './interruption.js';
import { durationArgument, waitOption } from './option-types.js';

interface StopOptions extends AdminOptionValues, DockerOptionValues {
  readonly by: string;
  readonly wait: number;
  readonly time?: number;
  readonly json?: true;
}

/** An instance in the container. */
interface Place {
  readonly app: string;
  readonly id: string;
}

const HELP = `
The container gets no new request; clients that a sticky cookie binds to it go elsewhere too. It is stopped when the requests
under way have ended, or at the end of the wait: then exit code 3 says that some were left. A container that starts again takes
traffic as any new one.

Example:
  autoproxy stop shop-1 --wait 60s && docker rm shop-1`;

export function createStopCommand(context: CommandContext): Command {
  const { terminal, defaults, env, finish } = context;
  const command = new Command('stop')
    .description('stop a container without a lost request: drain it, wait, then docker stop')
    .argument('<container>', 'its name, its id, or at least the first four digits of that')
    .addOption(adminOption(defaults))
    .addOption(adminTokenOption(defaults))
    .addOption(waitOption())
    .option('--time <TIME>', 'how long it has from its stop signal to KILL (default: as it was made)', durationArgument)
    .option('--by <NAME>', 'who asks; recorded with the decision', userName(env))
    .option('--json', 'the outcome as JSON')
    .addHelpText('after', HELP);
  return addDockerOption(command).action(async (name: string, options: StopOptions) => {
    const outcome = await interruptible((interrupt) => stopGently(name, options, env, interrupt));
    const { container, places, left } = outcome;
    if (options.json) terminal.print(JSON.stringify(outcome));
    else terminal.print(`${escapeText(container)}: stopped, ${placesText(places)}`);
    if (left === 0) return;
    for (const line of leftLines(left, options.wait, 'the container was told to end')) terminal.warn(line);
    finish(EXIT_CODES.deadline);
  });
}

interface StopOutcome {
  readonly container: string;
  readonly id: string;
  readonly places: readonly Place[];
  /** Requests and tunnels under way when it was told to end. */
  readonly left: number;
}

/** Drain, wait, stop; what fails or is interrupted before the end gives the container its traffic back. */
function stopGently(
  name: string,
  options: StopOptions,
  env: NodeJS.ProcessEnv,
  interrupt: AbortSignal,
): Promise<StopOutcome> {
  const ask = <T>(work: (client: AdminClient) => Promise<T>): Promise<T> => askNode(options, work, options.by);
  return askEngine(options, env, interrupt, async (engine) => {
    const facts = await engine.inspect(name);
    const places = await ask((client) => placesOf(client, facts.id));
    try {
      const left = await ask((client) => takeOut(client, facts, places, options.wait, interrupt));
      await engine.stop(facts, options.time ?? facts.stopTimeoutMs);
      return { container: facts.name, id: facts.id, places, left };
    } catch (error) {
      const said = interrupt.aborted ? new CommandFailure('interrupted: the container serves on') : error;
      throw await undone(said, facts, () => ask((client) => decide(client, facts, places, 'ready')));
    }
  });
}

async function placesOf(client: AdminClient, container: string): Promise<readonly Place[]> {
  const { apps } = await client.readState();
  return apps.flatMap(({ name, instances }) =>
    instances.filter((instance) => instance.container?.id === container).map(({ id }) => ({ app: name, id })),
  );
}

/** @returns how many requests are left at the end of the wait */
async function takeOut(
  client: AdminClient,
  facts: ContainerFacts,
  places: readonly Place[],
  waitMs: number,
  signal: AbortSignal,
): Promise<number> {
  if (!facts.isRunning || places.length === 0) return 0;
  await decide(client, facts, places, 'maint');
  return waitForIdle(client, (_, { container }) => container?.id === facts.id, waitMs, signal);
}

/** By the container: another one may have its address by now. */
async function decide(
  client: AdminClient,
  { id }: ContainerFacts,
  places: readonly Place[],
  state: AdminState,
): Promise<void> {
  for (const app of new Set(places.map((place) => place.app))) await client.setAdminState(app, id, state);
}

/** It was not stopped, so it serves on. @returns what to say of it */
async function undone(error: unknown, { name }: ContainerFacts, putBack: () => Promise<void>): Promise<unknown> {
  try {
    await putBack();
    return error;
  } catch {
    const shown = escapeText(name);
    return new CommandFailure(`${reasonOf(error)}; ${shown} may still be in maint`, `autoproxy ready ${shown}`);
  }
}

function placesText(places: readonly Place[]): string {
  if (places.length === 0) return 'no app of this node was served by it';
  return `it served ${places.map(({ app, id }) => `${app} at ${id}`).join(', ')}`;
}
