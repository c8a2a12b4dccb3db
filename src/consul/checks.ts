/** Checks that Consul makes by itself, told by their ids. */
import type { CheckEntry } from './answers.js';

const SERVICE_MAINTENANCE = '_service_maintenance:';
const NODE_MAINTENANCE = '_node_maintenance';
const AGENT = 'serfHealth';

/** Of a service or of its node: an operator's word, not a measurement. */
export function isMaintenance({ id }: CheckEntry): boolean {
  return id === NODE_MAINTENANCE || id.startsWith(SERVICE_MAINTENANCE);
}

/** Whether the agents of the cluster hear the agent of a node. */
export function isOfAgent({ id, serviceId }: CheckEntry): boolean {
  return serviceId === '' && id === AGENT;
}
