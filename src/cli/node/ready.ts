import { Command } from 'commander';
import { systemClock } from '../../core/clock.js';
import { escapeText } from '../../model/problem.js';
import { Swarm } from '../../placement/swarm.js';
import { type AdminOptionValues, adminOption, adminTokenOption, askNode } from '../admin-option.js';
import { userName } from '../admin-state.js';
import type { CommandContext } from '../command-context.js';
import { addDockerOption, type DockerOptionValues } from '../docker-flag.js';
import { withDocker } from '../docker-option.js';
import { CommandFailure, EXIT_CODES } from '../exit-codes.js';
import { timeoutOption } from '../option-types.js';
import { takeIn } from './leaving.js';
import { ownNode } from './own-node.js';
import { DrainDeadline } from './patience.js';

interface ReadyOptions extends AdminOptionValues, DockerOptionValues {
  readonly by: string;
  readonly timeout: number;
  readonly json?: true;
}

const DEFAULT_TIMEOUT_MS = 60_000;

const HELP = `
Nothing comes back by itself: Swarm puts tasks here with the next update, or when instances are added.

Example:
  autoproxy node ready --docker tcp://manager-1:2376`;

export function createNodeReadyCommand({ terminal, defaults, env }: CommandContext): Command {
  const command = new Command('ready')
    .description('let Swarm give this node tasks again, after "node drain"')
    .argument('[node]', 'its host name or id in the Swarm (default: that of the node that answers at --admin)')
    .addOption(adminOption(defaults))
    .addOption(adminTokenOption(defaults))
    .option('--by <NAME>', 'who asks; recorded with the decision', userName(env))
    .addOption(timeoutOption('how long a manager that restarts is asked again', DEFAULT_TIMEOUT_MS))
    .option('--json', 'one JSON document for programs')
    .addHelpText('after', HELP);
  return addDockerOption(command).action(async (word: string | undefined, options: ReadyOptions) => {
    const { signal } = new AbortController();
    const now = (): number => systemClock.now();
    const patience = { signal, now, until: now() + options.timeout, say: (line: string) => terminal.warn(line) };
    const { node, instances } = await withDocker(options, env, signal, (connection) =>
      askNode(
        options,
        async (client) => {
          const notReady = await client.readNotReady();
          if (notReady !== null)
            throw new CommandFailure(`tasks would come to a node that does not serve: ${notReady}`, 'autoproxy status');
          const swarm = new Swarm(connection, signal);
          const node = ownNode((await swarm.view()).nodes, word, await client.readState());
          const count = await takeIn({ ...patience, swarm, client, nodeId: node.id }, 'active').catch(late);
          return { node: node.name, instances: count };
        },
        options.by,
      ),
    );
    if (options.json) return terminal.print(JSON.stringify({ node, availability: 'active', instances }, null, 2));
    terminal.print(`${escapeText(node)}: active; Swarm puts tasks here with the next update`);
  });
}

function late(error: unknown): never {
  if (!(error instanceof DrainDeadline)) throw error;
  throw new CommandFailure(`not over in time: ${error.message}`, 'run it again', EXIT_CODES.deadline);
}
