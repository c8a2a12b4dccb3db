/** What the token of a node may read in Consul. */
import { ConsulConnection } from '../../consul/connection.js';
import { type Read, readFrom, readNodeChecks, readNodeServices, readNow, readOneKey } from '../../consul/reads.js';
import { APPS_PREFIX, type ConsulSettings } from '../../consul/settings.js';
import { reasonOf } from '../../core/thrown.js';
import { bad, type Finding, ok } from './finding.js';

const DEADLINE_MS = 5_000;

/** @param node as its agent is named */
export async function findConsulRights(settings: ConsulSettings, node: string): Promise<readonly Finding[]> {
  const reads: readonly Read<unknown>[] = [
    readOneKey(`${APPS_PREFIX}doctor`, APPS_PREFIX),
    readNodeServices(node),
    readNodeChecks(node),
  ];
  const connection = new ConsulConnection(settings);
  try {
    const findings: Finding[] = [];
    for (const read of reads) findings.push(await tryRead(connection, read));
    return findings;
  } finally {
    connection.close();
  }
}

async function tryRead(connection: ConsulConnection, read: Read<unknown>): Promise<Finding> {
  try {
    const { isFiltered, value } = await readFrom(connection, read, readNow('stale', AbortSignal.timeout(DEADLINE_MS)));
    if (isFiltered) {
      return bad(`Consul hides a part of ${read.what} from the token`, `give its policy the right ${read.right}`);
    }
    if (isEmpty(value)) {
      const todo = `give the token the right ${read.right}, or name the node as its agent is named: --consul-node`;
      return bad(`Consul shows nothing of ${read.what}`, todo);
    }
    return ok(`Consul lets the node read ${read.what}`);
  } catch (error) {
    return bad(reasonOf(error), `the node needs ${read.right} (docs/consul.md)`);
  }
}

/** An agent has a check of its own, and a node that is known has services, if none: so nothing is what a token may not see. */
function isEmpty(value: unknown): boolean {
  return value === null || (Array.isArray(value) && value.length === 0);
}
