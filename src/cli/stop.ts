/**
 * Drain, wait, stop: the only order that is ahead of the signal. A node hears of `docker stop` some milliseconds after the
 * container does.
 */
import { Command, Option } from 'commander';
import type { AdminClient } from '../admin/client.js';
import { ConfigError, hostInputs, loadOptions } from '../config/load.js';
import { systemClock } from '../core/clock.js';
import { formatDuration } from '../core/durations.js';
import { reasonOf } from '../core/thrown.js';
import { DockerConnection } from '../docker/connection.js';
import type { ContainerFacts } from '../docker/facts.js';
import { DockerFailure } from '../docker/failure.js';
import { inspectContainer } from '../docker/reads.js';
import { DOCKER_OPTIONS, type DockerSettings, dockerSettingsFrom } from '../docker/settings.js';
import { stopContainer } from '../docker/writes.js';
import type { AdminState } from '../model/app.js';
import { escapeText } from '../model/problem.js';
import { type AdminOptionValues, adminOption, askNode } from './admin-option.js';
import { userName } from './admin-state.js';
import type { CommandContext } from './command-context.js';
import { CommandFailure, EXIT_CODES } from './exit-codes.js';
import { waitForIdle } from './idle-wait.js';
import { durationArgument } from './option-types.js';

interface StopOptions extends AdminOptionValues {
  readonly docker?: string;
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

const DEFAULT_SOCKET = 'unix:///var/run/docker.sock';
const DEFAULT_WAIT_MS = 30_000;
const INTERRUPTS = ['SIGINT', 'SIGTERM'] as const;

export function createStopCommand(context: CommandContext): Command {
  const { terminal, defaults, env, finish } = context;
  return new Command('stop')
    .description('stop a container without a lost request: drain it, wait, then docker stop')
    .argument('<container>', 'its name, or its id or the beginning of it')
    .addOption(adminOption(defaults))
    .option(
      '--docker <SOCKET>',
      `where Docker answers (env: AUTOPROXY_DOCKER, DOCKER_HOST, default: ${DEFAULT_SOCKET})`,
    )
    .addOption(
      new Option('--wait <TIME>', 'how long requests under way may take')
        .argParser(durationArgument)
        .default(DEFAULT_WAIT_MS, formatDuration(DEFAULT_WAIT_MS)),
    )
    .option('--time <TIME>', 'how long it has from its stop signal to KILL (default: as it was made)', durationArgument)
    .option('--by <NAME>', 'who asks; recorded with the decision', userName(env))
    .option('--json', 'the outcome as JSON')
    .addHelpText(
      'after',
      '\nThe container gets no new request, from sticky clients neither. Then it is stopped, also when requests are left at the\nend of the wait: exit code 3 says so. A container that starts again takes traffic as any new one.\n\nExample:\n  autoproxy stop shop-1 --wait 60s && docker rm shop-1',
    )
    .action(async (name: string, options: StopOptions) => {
      const ask = <T>(work: (client: AdminClient) => Promise<T>): Promise<T> =>
        askNode(options.admin, work, options.by);
      const interrupt = new AbortController();
      const onSignal = (): void => interrupt.abort();
      for (const signal of INTERRUPTS) process.once(signal, onSignal);
      const settings = readDockerSettings(options.docker, env);
      const outcome = await askDocker(settings, interrupt.signal, async (engine) => {
        const facts = await engine.inspect(name);
        const places = await ask((client) => placesOf(client, facts.id));
        try {
          const left = await ask((client) => takeOut(client, facts, places, options.wait, interrupt.signal));
          await engine.stop(facts, options.time ?? facts.stopTimeoutMs);
          return { container: facts.name, id: facts.id, places, left };
        } catch (error) {
          const said = interrupt.signal.aborted ? new CommandFailure('interrupted: the container serves on') : error;
          throw await undone(said, facts, () => ask((client) => decide(client, facts, places, 'ready')));
        }
      });
      const { container, places, left } = outcome;
      if (options.json) terminal.print(JSON.stringify(outcome));
      else terminal.print(`${escapeText(container)}: stopped, ${placesText(places)}`);
      if (left === 0) return;
      terminal.warn(
        `autoproxy: ${left} still under way after ${formatDuration(options.wait)}; the container was told to end`,
      );
      terminal.warn('  → give them longer with --wait TIME');
      finish(EXIT_CODES.deadline);
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

interface Engine {
  inspect(name: string): Promise<ContainerFacts>;
  /** @param timeMs from its stop signal to KILL */
  stop(container: ContainerFacts, timeMs: number): Promise<void>;
}

async function askDocker<T>(
  settings: DockerSettings,
  signal: AbortSignal,
  ask: (engine: Engine) => Promise<T>,
): Promise<T> {
  const connection = new DockerConnection(settings, systemClock);
  try {
    await connection.negotiate(signal);
    return await ask({
      inspect: async (name) => {
        const facts = await inspectContainer(connection, name, signal);
        if (facts !== null) return facts;
        throw new CommandFailure(`Docker has no container ${escapeText(name)}`, 'docker ps shows what there is');
      },
      stop: async ({ id }, timeMs) => {
        // One that is over or gone is as it shall be.
        await stopContainer(connection, id, Math.ceil(timeMs / 1_000), signal);
      },
    });
  } catch (error) {
    if (error instanceof DockerFailure) throw new CommandFailure(error.message);
    throw error;
  } finally {
    connection.close();
  }
}

/** As a node is told, and the socket that Docker's own tools take where nothing is said. */
function readDockerSettings(url: string | undefined, env: NodeJS.ProcessEnv): DockerSettings {
  try {
    const options = loadOptions(DOCKER_OPTIONS, hostInputs({ docker: url }, env));
    return dockerSettingsFrom({ ...options, docker: options.docker ?? DEFAULT_SOCKET }) as DockerSettings;
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    throw new CommandFailure(error.message, null, EXIT_CODES.usage);
  }
}
