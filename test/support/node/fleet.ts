/** Nodes of one pod with a real Consul: apps in its store, instances in its catalogue. */
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import type { TestContext } from 'node:test';
import type { ConsulAgent } from '../consul/consul.js';
import { HttpInstance } from '../traffic/http-instance.js';
import { findPlace, type NodePlace, type RunningNode, startNodeAt } from './node-process.js';

export const POD = 'alpha';
/** So often, that a dead instance is found within a moment. */
const HEALTH = '{interval: 100ms, timeout: 500ms, rise: 1, fall: 2}';

/** The document of an app as an operator writes it. */
export function appText(name: string, slot: number, more = ''): string {
  return `name: ${name}\npods: [${POD}]\nprotocol: http\nslot: ${slot}\nhealth: ${HEALTH}\n${more}`;
}

export async function putApp(consul: ConsulAgent, name: string, slot: number, more = ''): Promise<void> {
  await consul.put(`/v1/kv/autoproxy/apps/${name}`, appText(name, slot, more));
}

/** Registers an instance of `app` with the agent, with a check that the test sets. */
export async function register(
  consul: ConsulAgent,
  app: string,
  instance: Pick<HttpInstance, 'id' | 'host' | 'port'>,
  more: Readonly<Record<string, unknown>> = {},
): Promise<string> {
  const id = `${app}-${instance.id}`;
  await consul.put('/v1/agent/service/register', {
    Name: app,
    ID: id,
    Address: instance.host,
    Port: instance.port,
    Check: { CheckID: id, TTL: '1h', Status: 'passing' },
    ...more,
  });
  return id;
}

export async function setCheck(
  consul: ConsulAgent,
  id: string,
  status: 'passing' | 'warning' | 'critical',
): Promise<void> {
  await consul.put(`/v1/agent/check/update/${encodeURIComponent(id)}`, { Status: status, Output: 'set by hand' });
}

export interface FleetNode {
  readonly place: NodePlace;
  readonly flags: Readonly<Record<string, string>>;
}

/** Where a node of the pod will be, and how it is started. */
export async function planNode(
  context: TestContext,
  url: string,
  agentName: string,
  name = 'node-1',
): Promise<FleetNode> {
  const place = await findPlace(context);
  await mkdir(path.join(place.root, 'services'));
  const flags = { '--consul': url, '--consul-node': agentName, '--pod': POD, '--node': name };
  return { place, flags };
}

export function startPlanned(context: TestContext, { place, flags }: FleetNode): Promise<RunningNode> {
  return startNodeAt(context, place, flags);
}

/** An app of `count` instances, in the store and in the catalogue. */
export async function putServedApp(
  context: TestContext,
  consul: ConsulAgent,
  name: string,
  slot: number,
  count = 2,
  more = '',
): Promise<{ readonly instances: readonly HttpInstance[]; readonly ids: readonly string[] }> {
  await putApp(consul, name, slot, more);
  const instances: HttpInstance[] = [];
  const ids: string[] = [];
  for (let index = 0; index < count; index += 1) {
    const instance = await HttpInstance.start(context, name);
    instances.push(instance);
    ids.push(await register(consul, name, instance));
  }
  return { instances, ids };
}
