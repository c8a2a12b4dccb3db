/**
 * The private balancer of an app, a real HAProxy: requests go round over the nodes whose health port answers (slot + 1). It
 * repeats what certainly has not run: a connection that was not made, for all methods; a request that got no answer, for GET alone.
 */
import { once } from 'node:events';
import { connect } from 'node:net';
import path from 'node:path';
import { type Ending, temporaryFolder } from '../at-end.js';
import { startHaproxy } from '../edge/haproxy-process.js';
import type { LocalNetwork } from '../machine/local-network.js';

export interface BalancerPlan {
  /** Where it listens, beside the switch. */
  readonly port: number;
  readonly slot: number;
  /** Nodes; one that is not there counts as down. */
  readonly addresses: readonly string[];
}

/** A node without power refuses nothing: how long it may be silent before a connection and an answer. */
const CONNECT_MS = 1_000;
const ANSWER_MS = 5_000;
const CHECK_MS = 1_000;

export class PrivateBalancer {
  readonly #socketPath: string;

  private constructor(socketPath: string) {
    this.#socketPath = socketPath;
  }

  static async start(context: Ending, local: LocalNetwork, plan: BalancerPlan): Promise<PrivateBalancer> {
    const socketPath = path.join(temporaryFolder(context, 'balancer'), 'admin.sock');
    const { host, network } = local;
    await startHaproxy(context, sectionsOf(host, plan, socketPath), { host, port: plan.port }, { network });
    return new PrivateBalancer(socketPath);
  }

  /** It sends nothing new to this node, as when its pod leaves the app; what is under way goes on. @param number from 1 */
  async leave(number: number): Promise<void> {
    const socket = connect(this.#socketPath);
    socket.end(`set server nodes/n${number} state maint\n`);
    socket.resume();
    await once(socket, 'close');
  }
}

function sectionsOf(host: string, { port, slot, addresses }: BalancerPlan, socketPath: string): string {
  const servers = addresses.map((address, index) => `  server n${index + 1} ${address}:${slot} port ${slot + 1}`);
  return `
global
  stats socket ${socketPath} mode 600 level admin
frontend clients
  bind ${host}:${port}
  mode http
  default_backend nodes
backend nodes
  mode http
  balance roundrobin
  option httpchk GET /health
  option redispatch 1
  retries 3
  retry-on conn-failure empty-response response-timeout
  http-request disable-l7-retry if METH_POST
  timeout connect ${CONNECT_MS}ms
  timeout server ${ANSWER_MS}ms
  timeout check ${CHECK_MS}ms
  default-server check inter 250ms fall 2 rise 1
${servers.join('\n')}
`;
}
