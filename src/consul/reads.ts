/** What is read from Consul: each read is one call, the right that it needs, and the shape of its answer. */
import type Consul from 'consul';
import {
  type CheckEntry,
  checksFromBody,
  type KeyEntry,
  keysFromBody,
  type NodeServices,
  nodeServicesFromBody,
  type ServiceNode,
  serviceNodesFromBody,
} from './answers.js';
import { clientDeadlineMs } from './blocking-rules.js';
import type { CallOptions, ConsulConnection, Response } from './connection.js';
import { ConsulFailure } from './failure.js';
import { isFolder } from './registry-keys.js';

/**
 * `stale`: any server answers, from what it has. `leader`: what the leader has, or a failure when there is none; asked
 * for where a stale answer could be older than what is known.
 */
export type Consistency = 'stale' | 'leader';

interface ReadOptions {
  /** 0: answers at once; else when there is something newer, or after `waitMs`. */
  readonly index: number;
  readonly waitMs: number;
  readonly consistency: Consistency;
  readonly signal?: AbortSignal;
}

export interface Answer<T> {
  readonly value: T;
  /** X-Consul-Index; NaN when there was none. */
  readonly index: number;
  readonly consistency: Consistency;
  /** false: the server that answered has no leader, and its answer may be old. */
  readonly hasLeader: boolean;
  /** How long ago that server had last heard of the leader, in ms. */
  readonly lastContactMs: number;
  /** The token hides a part of the answer (said by Consul 1.11 and newer). */
  readonly isFiltered: boolean;
}

export interface Read<T> {
  /** For people: `the keys below autoproxy/apps/`. */
  readonly what: string;
  /** Rules of an ACL policy that allow it. */
  readonly right: string;
  /** Of an answer. */
  readonly maxBytes: number;
  readonly call: (consul: Consul, options: CallOptions & BlockingOptions) => Promise<unknown>;
  readonly valueFrom: (response: Response) => T;
}

interface BlockingOptions {
  readonly index?: string;
  readonly wait?: string;
  readonly stale?: true;
}

/** Reads what there is now, without waiting. */
export function readNow(consistency: Consistency, signal: AbortSignal): ReadOptions {
  return { index: 0, waitMs: 0, consistency, signal };
}

/**
 * How much is read of an answer. Keys come in base64: there is room for the definitions of ten thousand apps of 4 KB. A
 * service takes some 1.5 KB of the catalogue, a check up to 5 KB. Far more than a fleet has, far less than a node.
 */
const MAX_KEYS_BYTES = 67_108_864;
const MAX_CATALOGUE_BYTES = 33_554_432;
/** Consul's own limit for a value is 512 KB, and may be raised. */
export const MAX_KEY_BYTES = 16_777_216;
/** Answers to writes say little. */
export const MAX_WRITE_ANSWER_BYTES = 1_048_576;

/** How long a read that does not block may take. */
const PLAIN_READ_MS = 5_000;

/** @throws ConsulFailure */
export async function readFrom<T>(
  connection: ConsulConnection,
  read: Read<T>,
  options: ReadOptions,
): Promise<Answer<T>> {
  const { index, waitMs, consistency, signal } = options;
  const isBlocking = index > 0;
  const blocking: BlockingOptions = {
    ...(isBlocking ? { index: String(index), wait: `${waitMs}ms` } : {}),
    ...(consistency === 'stale' ? { stale: true } : {}),
  };
  const response = await connection.call((consul, identity) => read.call(consul, { ...identity, ...blocking }), {
    what: read.what,
    maxBytes: read.maxBytes,
    deadlineMs: isBlocking ? clientDeadlineMs(waitMs) : PLAIN_READ_MS,
    ...(signal === undefined ? {} : { signal }),
  });
  const header = (name: string): string => String(response.headers[`x-consul-${name}`] ?? '');
  if (header('index') === '') throw refusalOf(response, read, connection.url);
  return {
    value: read.valueFrom(response),
    index: Number(header('index')),
    consistency,
    hasLeader: header('knownleader') !== 'false',
    lastContactMs: Number(header('lastcontact')) || 0,
    isFiltered: header('results-filtered-by-acls') === 'true',
  };
}

/** Without the empty keys by which Consul's UI makes folders. */
export function readKeys(prefix: string): Read<readonly KeyEntry[]> {
  return {
    what: `the keys below ${prefix}`,
    right: keysRight(prefix),
    maxBytes: MAX_KEYS_BYTES,
    call: (consul, options) => consul.kv.get({ key: prefix, recurse: true, ...options }),
    // 404: the key is missing, and Consul says so with an index.
    valueFrom: ({ status, body }) => (status === 404 ? [] : keysFromBody(body).filter((entry) => !isFolder(entry))),
  };
}

/** Whether one key may be read. Listing what may not be read gives nothing, as if nothing were there; this is refused. */
export function readOneKey(key: string, prefix: string): Read<true> {
  return {
    what: `the keys below ${prefix}`,
    right: keysRight(prefix),
    maxBytes: MAX_KEY_BYTES,
    call: (consul, options) => consul.kv.get({ key, ...options }),
    valueFrom: () => true,
  };
}

/** The services that the catalogue has on a node. null: it has no such node. */
export function readNodeServices(node: string): Read<NodeServices | null> {
  return {
    what: `the services of node ${node}`,
    right: nodeRight(node),
    maxBytes: MAX_CATALOGUE_BYTES,
    call: (consul, options) => consul.catalog.node.services({ node, ...options } as never),
    valueFrom: ({ body }) => nodeServicesFromBody(body),
  };
}

export function readNodeChecks(node: string): Read<readonly CheckEntry[]> {
  return {
    what: `the checks of node ${node}`,
    right: nodeRight(node),
    maxBytes: MAX_CATALOGUE_BYTES,
    call: (consul, options) => consul.health.node({ node, ...options } as never),
    valueFrom: ({ body }) => checksFromBody(body),
  };
}

/** All of them, passing or not; of one tag, or of any. */
export function readServiceNodes(service: string, tag?: string): Read<readonly ServiceNode[]> {
  return {
    what: `the nodes of service ${service}`,
    right: `service "${service}" { policy = "read" }  node_prefix "" { policy = "read" }`,
    maxBytes: MAX_CATALOGUE_BYTES,
    call: (consul, options) => consul.health.service({ service, ...(tag === undefined ? {} : { tag }), ...options }),
    valueFrom: ({ body }) => serviceNodesFromBody(body),
  };
}

function keysRight(prefix: string): string {
  return `key_prefix "${prefix}" { policy = "read" }`;
}

export function nodeRight(node: string): string {
  return `node "${node}" { policy = "read" }  service_prefix "" { policy = "read" }`;
}

/** Why an answer is none, in words that say what to do. */
export function refusalOf(
  { status, body }: Response,
  { what, right }: { readonly what: string; readonly right: string },
  url: string,
): ConsulFailure {
  const said = typeof body === 'string' ? body.trim().slice(0, 200) : '';
  if (status === 401 || status === 403) {
    if (/ACL not found/i.test(said)) {
      return new ConsulFailure('denied', `Consul at ${url} does not know the token: it is wrong, expired or deleted`);
    }
    return new ConsulFailure('denied', `Consul at ${url} refuses ${what}: the token lacks the right ${right}`);
  }
  const words = said === '' || /^\s*</.test(said) ? '' : ` (${said})`;
  if (status === 429 || status >= 500) {
    return new ConsulFailure('failing', `Consul at ${url} answered ${status} for ${what}${words}`);
  }
  if (status >= 300) {
    return new ConsulFailure('refused', `${url} answered ${status} for ${what}${words}; is that the URL of Consul?`);
  }
  return new ConsulFailure('malformed', `what answers at ${url} is not Consul: its answer has no index`);
}
