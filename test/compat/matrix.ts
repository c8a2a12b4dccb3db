/** Each case of each client, asked of each server on the three ways. */
import type { Ending } from '../support/at-end.js';
import type { Case, Client } from './clients/client.js';
import type { Decision } from './decisions.js';
import { type Difference, differences } from './observation.js';
import type { RealServer } from './servers/real-server.js';
import { isDecided } from './verdict.js';
import { startWays, type Ways } from './ways.js';

export interface Asked {
  readonly server: string;
  readonly client: string;
  readonly case: string;
}

export interface Cell extends Asked {
  /** Empty: autoproxy gives what the server or HAProxy gives. */
  readonly differences: readonly Difference[];
}

/** So often a cell is asked again that differs without a decision. */
const REPEATS = 2;
/** More at once would wait for the processor, and what waits too long looks different. */
const SERVERS_AT_ONCE = 5;

export async function runMatrix(
  context: Ending,
  servers: readonly RealServer[],
  clients: readonly Client[],
  decisions: readonly Decision[],
): Promise<Cell[]> {
  const ways = await startWays(context, servers);
  const cases: (readonly [string, Case])[] = [];
  for (const client of clients) {
    for (const one of await client.start(context)) cases.push([client.name, one]);
  }
  const cells = new Map<string, Cell[]>();
  const waiting = [...servers];
  const askServers = async (): Promise<void> => {
    for (let server = waiting.shift(); server !== undefined; server = waiting.shift()) {
      const { name, pages } = server;
      const ofServer: Cell[] = [];
      cells.set(name, ofServer);
      for (const [client, one] of cases) {
        const toServer = ways.get(name);
        if (toServer === undefined || !pages.includes(one.page)) continue;
        const asked = { server: name, client, case: one.name };
        ofServer.push({ ...asked, differences: await lastingDifferences(asked, one, toServer, decisions) });
      }
    }
  };
  await Promise.all(Array.from({ length: SERVERS_AT_ONCE }, askServers));
  return servers.flatMap(({ name }) => cells.get(name) ?? []);
}

/**
 * Some servers do now this and now that: Apache sends a script's output in chunks, or with a length when the script was
 * quick. So what is not decided counts when it comes each time; only a wrong status counts at once.
 */
async function lastingDifferences(
  asked: Asked,
  one: Case,
  ways: Ways,
  decisions: readonly Decision[],
): Promise<Difference[]> {
  let found = await askOnAllWays(one, ways);
  const maybeChance = (difference: Difference): boolean =>
    !difference.aspect.endsWith(' status') && !isDecided(decisions, asked, difference);
  for (let repeat = 0; repeat < REPEATS && found.some(maybeChance); repeat += 1) {
    const again = await askOnAllWays(one, ways);
    found = found.filter(
      (difference) =>
        !maybeChance(difference) ||
        again.some(({ aspect, autoproxy }) => aspect === difference.aspect && autoproxy === difference.autoproxy),
    );
  }
  return found;
}

async function askOnAllWays(one: Case, ways: Ways): Promise<Difference[]> {
  const [direct, haproxy, autoproxy] = await Promise.all([
    one.observe(ways.direct),
    one.observe(ways.haproxy),
    one.observe(ways.autoproxy),
  ]);
  return differences(direct, haproxy, autoproxy);
}
