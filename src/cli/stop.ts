/**
 * Drain, wait, stop: the only order that is ahead of the signal. A node hears of `docker stop` some milliseconds after the
 * container does.
 */
import { Command, Option } from 'commander';
import type { AdminClient } from '../admin/client.js';
import { ConfigError, hostInputs, loadOptions } from '../config/load.js';
import { systemClock } from '../core/clock.js';
import { formatDuration } from '../core/durations.js';
import { DockerConnection } from '../docker/connection.js';
import type { ContainerFacts } from '../docker/facts.js';
import { DockerFailure } from '../docker/failure.js';
import { inspectContainer } from '../docker/reads.js';
import { DOCKER_OPTIONS, type DockerSettings, dockerSettingsFrom } from '../docker/settings.js';
import { stopContainer } from '../docker/writes.js';
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
      const outcome = await askDocker(readDockerSettings(options.docker, env), async (engine) => {
        const facts = await engine.inspect(name);
        const drained = await askNode(options.admin, (client) => takeOut(client, facts, options.wait), options.by);
        await engine.stop(facts, options.time ?? null).catch(async (error: unknown) => {
          await askNode(options.admin, (client) => putBack(client, drained.places), options.by);
          throw error;
        });
        return { container: facts.name, id: facts.id, ...drained };
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

async function takeOut(
  client: AdminClient,
  { id, isRunning }: ContainerFacts,
  waitMs: number,
): Promise<{ readonly places: readonly Place[]; readonly left: number }> {
  const { apps } = await client.readState();
  const places = apps.flatMap(({ name, instances }) =>
    instances.filter(({ container }) => container?.id === id).map((instance) => ({ app: name, id: instance.id })),
  );
  if (!isRunning || places.length === 0) return { places, left: 0 };
  for (const { app, id: instance } of places) await client.setAdminState(app, instance, 'maint');
  const left = await waitForIdle(client, (_, { container }) => container?.id === id, waitMs);
  return { places, left };
}

/** It was not stopped, so it serves on. */
async function putBack(client: AdminClient, places: readonly Place[]): Promise<void> {
  for (const { app, id } of places) await client.setAdminState(app, id, 'ready');
}

function placesText(places: readonly Place[]): string {
  if (places.length === 0) return 'no app of this node was served by it';
  return `it served ${places.map(({ app, id }) => `${app} at ${id}`).join(', ')}`;
}

interface Engine {
  inspect(name: string): Promise<ContainerFacts>;
  /** @param timeMs from its stop signal to KILL; null: as it was made */
  stop(container: ContainerFacts, timeMs: number | null): Promise<void>;
}

async function askDocker<T>(settings: DockerSettings, ask: (engine: Engine) => Promise<T>): Promise<T> {
  const connection = new DockerConnection(settings, systemClock);
  const { signal } = new AbortController();
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
        await stopContainer(connection, id, timeMs === null ? null : Math.ceil(timeMs / 1_000), signal);
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
