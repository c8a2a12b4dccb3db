/** The docker nodes as they registered themselves in Consul, for a site whose servers are they. */
import type { PodNodes } from '../../../edge/site/site.js';
import { addressOf, type ServiceNode } from '../../consul/answers.js';
import { ConsulConnection } from '../../consul/connection.js';
import { ConsulFailure } from '../../consul/failure.js';
import { readFrom, readNow, readServiceNodes } from '../../consul/reads.js';
import { type ConsulSettings, NODE_SERVICE } from '../../consul/settings.js';
import { parseAddress } from '../../core/networks.js';
import { DNS_LABEL } from '../../documents/pod-names.js';
import type { Problem } from '../../model/problem.js';
import type { CommandContext } from '../command-context.js';
import { CommandFailure, EXIT_CODES } from '../exit-codes.js';
import { readConsulSettings } from '../registry-options.js';

const PATIENCE_MS = 5_000;

interface ConsulNodes {
  readonly nodes: PodNodes;
  /** Registered nodes that do not become servers, with the reason, for people. */
  readonly problems: readonly Problem[];
}

/** Those that Consul names now. @throws CommandFailure when it cannot be asked */
export async function readConsulNodes(url: string | undefined, { env }: CommandContext): Promise<ConsulNodes> {
  const connection = new ConsulConnection(nodeSettings(url, env));
  try {
    const read = readServiceNodes(NODE_SERVICE);
    const { value } = await readFrom(connection, read, readNow('leader', AbortSignal.timeout(PATIENCE_MS)));
    return { nodes: nodesByPod(value), problems: value.flatMap(addressProblem) };
  } catch (error) {
    if (error instanceof ConsulFailure) throw new CommandFailure(error.message, 'the nodes are asked for there');
    throw error;
  } finally {
    connection.close();
  }
}

/**
 * All registered nodes, passing or not: their addresses by pod, sorted. HAProxy has its own checks.
 * A tag that is not a name of a pod may hold anything, also a line end; no app has such a pod.
 */
export function nodesByPod(nodes: readonly ServiceNode[]): PodNodes {
  const pods = new Map<string, Set<string>>();
  for (const node of nodes) {
    const address = addressOf(node);
    if (parseAddress(address) === null) continue;
    // Consul finds tags in any case, and definitions name pods in lower case alone.
    for (const pod of node.service.tags.map((tag) => tag.toLowerCase()).filter((tag) => DNS_LABEL.test(tag)))
      pods.set(pod, (pods.get(pod) ?? new Set()).add(address));
  }
  return new Map([...pods].map(([pod, addresses]) => [pod, [...addresses].sort()]));
}

/** HAProxy would resolve a name once, when it starts: the node is left out instead, and named. */
function addressProblem(node: ServiceNode): readonly Problem[] {
  const address = addressOf(node);
  if (parseAddress(address) !== null) return [];
  const message = `node ${node.service.id} is registered with "${address.slice(0, 253)}", which is not an IP address; it is not a server`;
  const hint = 'start it with --ip and its IP address';
  return [{ severity: 'warning', app: null, file: 'consul', line: null, col: null, message, hint }];
}

/** The registry may be a directory, and the nodes in Consul all the same. @throws CommandFailure when none was named */
export function nodeSettings(url: string | undefined, env: NodeJS.ProcessEnv): ConsulSettings {
  const settings = readConsulSettings(url, env);
  if (settings !== null) return settings;
  const hint = 'set CONSUL_HTTP_ADDR, beside a registry that is a directory, too';
  throw new CommandFailure('site.servers.nodes is consul, and no Consul was named', hint, EXIT_CODES.usage);
}
