import { Command } from 'commander';
import type { AdminClient } from '../../admin/client.js';
import { systemClock } from '../../core/clock.js';
import { reasonOf } from '../../core/thrown.js';
import type { DockerConnection } from '../../docker/connection.js';
import { escapeText } from '../../model/problem.js';
import type { Availability } from '../../placement/swarm.js';
import { Swarm } from '../../placement/swarm.js';
import { type AdminOptionValues, adminOption, adminTokenOption, askNode } from '../admin-option.js';
import { userName } from '../admin-state.js';
import { formatTarget } from '../admin-target.js';
import type { CommandContext } from '../command-context.js';
import { addDockerOption, type DockerOptionValues } from '../docker-flag.js';
import { withDocker } from '../docker-option.js';
import { CommandFailure, EXIT_CODES } from '../exit-codes.js';
import { leftLines } from '../idle-wait.js';
import { interruptible } from '../interruption.js';
import { timeoutOption, waitOption } from '../option-types.js';
import { BY_DRAIN, type Leaving, leave, look, type Seen, type TakenOut, takeIn, takeOut } from './leaving.js';
import { ownNode } from './own-node.js';
import { DrainDeadline } from './patience.js';

interface DrainOptions extends AdminOptionValues, DockerOptionValues {
  readonly by: string;
  readonly wait: number;
  readonly timeout: number;
  readonly force?: true;
  readonly json?: true;
}

const DEFAULT_TIMEOUT_MS = 600_000;
/** A manager restarts within seconds, or another one is elected. */
const UNDO_MS = 15_000;
const HELP = `
Run it on the node, with --docker or DOCKER_HOST at a manager. The order: the node takes no new task; an app without an
instance elsewhere gets one there first; the instances of this node get no new request, and other nodes of the pod take them;
when those under way have ended, Swarm ends the tasks and starts others elsewhere. What fails before that is undone.

Example:
  autoproxy node drain --docker tcp://manager-1:2376 && reboot`;

export function createNodeDrainCommand(context: CommandContext): Command {
  const { terminal, defaults, env, finish } = context;
  const command = new Command('drain')
    .description('take the tasks of Swarm off this node without a lost request, before it is stopped')
    .argument('[node]', 'its host name or id in the Swarm (default: that of the node that answers at --admin)')
    .addOption(adminOption(defaults))
    .addOption(adminTokenOption(defaults))
    .addOption(waitOption())
    .addOption(timeoutOption('how long all of it may take', DEFAULT_TIMEOUT_MS))
    .option(
      '--force',
      'also the last node of a pod, and when no neighbor takes over: requests are answered 503, connections of tcp closed',
    )
    .option('--by <NAME>', 'who asks; recorded with the decision', userName(env))
    .option('--json', 'one JSON document for programs')
    .addHelpText('after', HELP);
  return addDockerOption(command).action(async (word: string | undefined, options: DrainOptions) => {
    const drained = await interruptible((interrupt) =>
      withDocker(options, env, interrupt, (connection) =>
        askNode(
          options,
          (client) => drainNode(word, { connection, client, options, interrupt, context }),
          options.by + BY_DRAIN,
        ),
      ),
    );
    const { left } = drained;
    if (options.json) terminal.print(JSON.stringify(drained, null, 2));
    if (left === 0) return;
    for (const line of leftLines(left, options.wait, 'their instances were told to end')) terminal.warn(line);
    finish(EXIT_CODES.deadline);
  });
}

interface DrainParts {
  readonly connection: DockerConnection;
  readonly client: AdminClient;
  readonly options: DrainOptions;
  readonly interrupt: AbortSignal;
  readonly context: CommandContext;
}

interface Drained extends TakenOut {
  /** Its name in the Swarm. */
  readonly node: string;
  readonly availability: Availability;
  /** That had tasks there. */
  readonly services: readonly string[];
}

async function drainNode(word: string | undefined, parts: DrainParts): Promise<Drained> {
  const { connection, client, options, interrupt, context } = parts;
  const { terminal } = context;
  const swarm = new Swarm(connection, interrupt);
  const { id: nodeId, name } = ownNode((await swarm.view()).nodes, word, await client.readState());
  const seen = await look({ swarm, client, nodeId });
  refuse(seen, options, terminal.warn);
  const now = (): number => systemClock.now();
  const say = (line: string): void => (options.json ? terminal.warn : terminal.print)(escapeText(line));
  const times = { now, until: now() + options.timeout };
  const leaving = { swarm, client, nodeId, signal: interrupt, ...times, isForced: options.force === true, say };
  let taken: TakenOut = { instances: 0, left: 0 };
  const before = seen.node.availability;
  if (before !== 'drain') {
    try {
      taken = await takeOut(leaving, options.wait);
    } catch (error) {
      const fresh = new Swarm(connection, new AbortController().signal);
      const undoing = { ...leaving, swarm: fresh, signal: new AbortController().signal, until: now() + UNDO_MS };
      throw await undone(error, name, undoing, before === 'pause' ? 'pause' : 'active', interrupt);
    }
  }
  await leave(leaving).catch((error: unknown) => {
    throw unfinished(error, name, interrupt);
  });
  say(`${name}: drained; autoproxy node ready gives it tasks again`);
  const services = seen.drain.services.map((service) => service.name);
  return { node: name, availability: 'drain', services, ...taken };
}

/** @throws CommandFailure for what stands against it */
function refuse({ node, drain }: Seen, { admin, force }: DrainOptions, warn: (line: string) => void): void {
  const { unserved, containers, isLast } = drain;
  const refusals = isLast && force ? [] : drain.refusals;
  const names = unserved.join(', ');
  const foreign =
    containers.length === 0 && unserved.length > 0
      ? [
          `the node at ${formatTarget(admin)} serves no container of ${names}, which Swarm runs on ${node.name}; ` +
            'name the node of that machine with --admin; it has to follow its engine (--docker)',
        ]
      : [];
  const against = [...foreign, ...refusals];
  if (against.length > 0) throw new CommandFailure('nothing was changed', escapeText(against.join('\n  → ')));
  if (unserved.length > 0) warn(`autoproxy: this node does not serve ${escapeText(names)}; Swarm alone moves them`);
}

/** @returns what to say of it */
async function undone(
  error: unknown,
  name: string,
  leaving: Leaving,
  before: Exclude<Availability, 'drain'>,
  interrupt: AbortSignal,
): Promise<CommandFailure> {
  const isLate = error instanceof DrainDeadline;
  const said = interrupt.aborted ? 'interrupted' : isLate ? 'it took too long' : reasonOf(error);
  const exitCode = isLate ? EXIT_CODES.deadline : EXIT_CODES.failed;
  try {
    await takeIn(leaving, before);
    return new CommandFailure(`${said}; ${escapeText(name)} serves on`, 'run it again', exitCode);
  } catch (again) {
    const message = `${said}; ${escapeText(name)} may still be without new requests or tasks: ${reasonOf(again)}`;
    return new CommandFailure(message, 'autoproxy node ready', exitCode);
  }
}

function unfinished(error: unknown, name: string, { aborted }: AbortSignal): unknown {
  const hint = 'autoproxy node drain waits for it, autoproxy node ready gives it tasks again';
  if (error instanceof DrainDeadline)
    return new CommandFailure(`${escapeText(name)}: not over in time, and it goes on`, hint, EXIT_CODES.deadline);
  return aborted ? new CommandFailure('interrupted: the drain goes on', hint) : error;
}
