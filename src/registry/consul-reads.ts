/** Reading from Consul for a registry: what the leader has, and failures in words that say what to do. */
import { type KeyEntry, keysFromBody } from '../consul/answers.js';
import type { ConsulConnection } from '../consul/connection.js';
import { ConsulFailure } from '../consul/failure.js';
import { MAX_KEY_BYTES, type Read, readFrom, readKeys } from '../consul/reads.js';
import { RegistryFailure } from './registry.js';

/**
 * All keys below a prefix, as the leader has them. Keys that the token may not read are hidden as if they were not there;
 * so when there are none, one is asked for by name.
 */
export async function readAll(connection: ConsulConnection, prefix: string): Promise<readonly KeyEntry[]> {
  const entries = await readLeader(connection, readKeys(prefix));
  if (entries.length === 0) await readOne(connection, `${prefix}none`);
  return entries;
}

/** @returns null when there is no such key */
export function readOne(connection: ConsulConnection, key: string): Promise<KeyEntry | null> {
  return readLeader(connection, {
    what: `the key ${key}`,
    right: 'key_prefix "autoproxy/" { policy = "read" }',
    maxBytes: MAX_KEY_BYTES,
    call: (consul, options) => consul.kv.get({ key, ...options }),
    valueFrom: ({ status, body }) => (status === 404 ? null : (keysFromBody([body])[0] ?? null)),
  });
}

function readLeader<T>(connection: ConsulConnection, read: Read<T>): Promise<T> {
  return asRegistry(async () => {
    const { value, hasLeader } = await readFrom(connection, read, { index: 0, waitMs: 0, consistency: 'leader' });
    if (!hasLeader) throw new ConsulFailure('failing', `Consul at ${connection.url} has no leader`);
    return value;
  });
}

export async function asRegistry<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    if (!(error instanceof ConsulFailure)) throw error;
    throw new RegistryFailure(error.message, HINTS[error.kind], error);
  }
}

const HINTS: Readonly<Record<ConsulFailure['kind'], string | null>> = {
  unreachable: 'check that the agent runs there, or name another: --consul URL',
  late: 'check the agent: it accepts requests but does not answer',
  denied: 'give a token with CONSUL_HTTP_TOKEN or CONSUL_HTTP_TOKEN_FILE that has it',
  failing: 'check the servers of Consul: writes need a leader',
  refused: null,
  oversize: 'check what answers there, and that the keys below autoproxy/ hold apps only',
  malformed: 'name the URL of an agent: --consul http://127.0.0.1:8500',
  unprepared: null,
};
