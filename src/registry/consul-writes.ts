/** Writing to Consul's store: operations that are done together, or not at all. */
import type { KeyEntry } from '../consul/answers.js';
import type { ConsulConnection } from '../consul/connection.js';
import { ConsulFailure } from '../consul/failure.js';
import { MAX_WRITE_ANSWER_BYTES, refusalOf } from '../consul/reads.js';

/** Not `delete-cas`: it succeeds for a key that is gone, as for one that has not changed. */
export type KeyOperation =
  /** `index` 0: only when there is none; else only when it has not changed since. */
  | { readonly verb: 'cas'; readonly key: string; readonly value: string; readonly index: number }
  | { readonly verb: 'set'; readonly key: string; readonly value: string }
  | { readonly verb: 'delete'; readonly key: string }
  /** Writes nothing: the others are done only when there is no such key, or when it has not changed since. */
  | { readonly verb: 'check-not-exists'; readonly key: string }
  | { readonly verb: 'check-index'; readonly key: string; readonly index: number };

/** Deletes a key that has not changed since it was read. */
export function deleteUnchanged({ key, modifyIndex }: Pick<KeyEntry, 'key' | 'modifyIndex'>): readonly KeyOperation[] {
  return [
    { verb: 'check-index', key, index: modifyIndex },
    { verb: 'delete', key },
  ];
}

const WRITE_MS = 10_000;
/** Consul's limit for one value; it answers 413 to more, and older ones cut the connection. */
const MAX_VALUE_BYTES = 524_288;

/**
 * @returns false when an index has moved on: nothing was then written
 * @throws ConsulFailure
 */
export async function writeKeys(connection: ConsulConnection, operations: readonly KeyOperation[]): Promise<boolean> {
  const what = operations.map(({ key }) => key).join(' and ');
  for (const operation of operations) {
    if ('value' in operation && Buffer.byteLength(operation.value) > MAX_VALUE_BYTES)
      throw new ConsulFailure(
        'refused',
        `${operation.key}: Consul holds at most ${MAX_VALUE_BYTES} bytes in one value`,
      );
  }
  const body = operations.map((operation) => ({
    KV: {
      Verb: operation.verb,
      Key: operation.key,
      ...('value' in operation ? { Value: Buffer.from(operation.value).toString('base64') } : {}),
      ...('index' in operation ? { Index: operation.index } : {}),
    },
  }));
  const response = await connection.call(
    (consul, options) => consul.transaction.create(body as never, options as never),
    { what, deadlineMs: WRITE_MS, maxBytes: MAX_WRITE_ANSWER_BYTES },
  );
  if (response.status === 200) return true;
  // 409: an operation did not pass, and none was done. A missing right comes this way too.
  const errors = (response.body as { readonly Errors?: readonly { readonly What?: string }[] } | null)?.Errors ?? [];
  const denied = errors.find(({ What = '' }) => /permission denied/i.test(What));
  if (response.status === 409 && denied === undefined) return false;
  const right = `key_prefix "autoproxy/" { policy = "write" }`;
  const status = denied === undefined ? response.status : 403;
  throw refusalOf({ ...response, status }, { what, right }, connection.url);
}
