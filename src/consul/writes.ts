/** What is written to the agent: this node's own registration. */
import type { ConsulConnection } from './connection.js';
import { MAX_WRITE_ANSWER_BYTES, refusalOf } from './reads.js';
import { NODE_SERVICE } from './settings.js';

export interface NodeRegistration {
  /** Unique in the fleet. */
  readonly id: string;
  readonly tag: string;
  /** Empty: the address of the agent's node. */
  readonly address: string;
  readonly port: number;
  readonly meta: Readonly<Record<string, string>>;
  /** Asked by the agent; 200 is passing. */
  readonly checkUrl: string;
}

const CHECK_INTERVAL = '2s';
const CHECK_TIMEOUT = '2s';
/** What a node that never came back has left is removed after this time. */
const FORGET_AFTER = '1h';
const WRITE_MS = 5_000;

const RIGHT = `service "${NODE_SERVICE}" { policy = "write" }`;

/** Writes it, or writes over it. @throws ConsulFailure */
export async function registerNode(connection: ConsulConnection, registration: NodeRegistration): Promise<void> {
  const { id, tag, address, port, meta, checkUrl } = registration;
  const check = {
    name: `${NODE_SERVICE} is ready`,
    http: checkUrl,
    interval: CHECK_INTERVAL,
    timeout: CHECK_TIMEOUT,
    // It registers when it serves; the others need not wait for the first check.
    status: 'passing',
    deregistercriticalserviceafter: FORGET_AFTER,
  };
  const service = { name: NODE_SERVICE, id, tags: [tag], address, port, meta: { ...meta }, check };
  const what = `the registration of this node as ${id}`;
  const response = await connection.call(
    (consul, options) => consul.agent.service.register({ ...service, ...options } as never),
    { what, deadlineMs: WRITE_MS, maxBytes: MAX_WRITE_ANSWER_BYTES },
  );
  if (response.status !== 200) throw refusalOf(response, { what, right: RIGHT }, connection.url);
}

/** @throws ConsulFailure, also when there was none */
export async function deregisterNode(connection: ConsulConnection, id: string, deadlineMs: number): Promise<void> {
  const what = `the end of the registration ${id}`;
  const response = await connection.call(
    (consul, options) => consul.agent.service.deregister({ id, ...options } as never),
    { what, deadlineMs, maxBytes: MAX_WRITE_ANSWER_BYTES },
  );
  if (response.status !== 200) throw refusalOf(response, { what, right: RIGHT }, connection.url);
}
