import { lookup } from 'node:dns/promises';

/** @returns all addresses; rejects where the name has none */
export type Resolve = (name: string) => Promise<readonly string[]>;

/** As the system resolves, hosts file included. */
export const systemResolve: Resolve = async (name) =>
  (await lookup(name, { all: true, order: 'verbatim' })).map(({ address }) => address);
