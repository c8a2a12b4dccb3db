import { InvalidArgumentError, Option } from 'commander';
import { AdminClient, AdminClientError } from '../admin/client.js';
import { OPTIONS } from '../config/options.js';
import { type AdminAddress, RefusedText } from '../config/text-readers.js';
import { hostPort } from '../core/networks.js';
import { CommandFailure } from './exit-codes.js';
import type { NodeDefaults } from './node-options.js';

/** `--admin ADDR:PORT`, for every command that asks a node. */
export function adminOption({ admin }: NodeDefaults): Option {
  return new Option('--admin <ADDR:PORT>', 'the admin API of the node')
    .argParser(readAddress)
    .default(admin, formatAddress(admin));
}

export interface AdminOptionValues {
  readonly admin: AdminAddress;
}

/** Asks a node, and turns what goes wrong into words with an exit code. */
export async function askNode<T>(
  admin: AdminAddress,
  ask: (client: AdminClient) => Promise<T>,
  by?: string,
): Promise<T> {
  const client = new AdminClient({ address: formatAddress(admin), ...(by === undefined ? {} : { by }) });
  try {
    return await ask(client);
  } catch (error) {
    if (error instanceof AdminClientError) throw new CommandFailure(error.message, error.hint);
    throw error;
  } finally {
    await client.close();
  }
}

export function formatAddress({ host, port }: AdminAddress): string {
  return hostPort(host, port);
}

function readAddress(text: string): AdminAddress {
  const address = OPTIONS.admin.read(text, '/');
  if (!(address instanceof RefusedText)) return address;
  throw new InvalidArgumentError(`It ${address.refusal.message.replace(/^".*?" /, '')}; ${address.refusal.hint}.`);
}
