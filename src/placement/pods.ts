/** The pods: which nodes they have, what the registry wants there, and what runs. Pure. */
import { createKeyedObject, type KeyedObject } from '../core/keyed-object.js';
import { isRefusal } from '../core/refusal.js';
import type { AppDefinition } from '../model/app-definition.js';
import { isManaged } from './plan.js';
import { POD_LABEL, SERVICE_LABELS } from './service.js';
import type { SwarmView } from './swarm.js';
import { wantedServices } from './wanted-services.js';

export interface PodNode {
  readonly id: string;
  readonly name: string;
  /** `ready`, `down`, `disconnected`, `unknown`. */
  readonly state: string;
  /** `active`, `pause`, `drain`. */
  readonly availability: string;
  /** Running ones, of services of ours. */
  readonly instances: number;
  /** But that of the pod. */
  readonly labels: KeyedObject<string>;
}

export interface Pod {
  readonly pod: string;
  /** Apps that have a slot there. */
  readonly slots: number;
  /** Instances that definitions with an image ask for. */
  readonly wanted: number;
  readonly running: number;
  /** By name. */
  readonly nodes: readonly PodNode[];
}

export interface Pods {
  /** By name; also those that only a definition or only a node names. */
  readonly pods: readonly Pod[];
  readonly nodesWithoutPod: readonly PodNode[];
}

/** The part of a Swarm's view that is looked at. */
interface Seen extends Pick<SwarmView, 'services' | 'nodes' | 'pods'> {
  readonly tasks: readonly Pick<SwarmView['tasks'][number], 'nodeId' | 'serviceId' | 'state'>[];
}

export function podsOf(definitions: readonly AppDefinition[], view: Seen): Pods {
  const named = [...definitions.flatMap(({ pods }) => pods), ...view.pods.values()].filter((pod) => pod !== '');
  const running = runningTasks(view);
  const services = definitions.flatMap((definition) => {
    const wanted = wantedServices(definition);
    return isRefusal(wanted) ? [] : wanted.services;
  });
  const nodesIn = (pod: string): readonly PodNode[] =>
    view.nodes
      .filter(({ id }) => (view.pods.get(id) ?? '') === pod)
      .map(({ id, name, state, availability, labels }) => ({
        ...{ id, name, state, availability },
        instances: running.filter(({ nodeId }) => nodeId === id).length,
        labels: createKeyedObject([...labels].filter(([key]) => key !== POD_LABEL).sort()),
      }))
      .sort((one, other) => (one.name < other.name ? -1 : 1));
  return {
    pods: [...new Set(named)].sort().map((pod) => ({
      pod,
      slots: definitions.filter(({ pods, slot }) => slot !== null && pods.includes(pod)).length,
      wanted: services.filter((service) => service.pod === pod).reduce((sum, { replicas }) => sum + replicas, 0),
      running: running.filter((task) => task.pod === pod).length,
      nodes: nodesIn(pod),
    })),
    nodesWithoutPod: nodesIn(''),
  };
}

function runningTasks({ services, tasks }: Seen): readonly { readonly nodeId: string; readonly pod: string }[] {
  const own = new Map(services.filter(isManaged).map(({ id, labels }) => [id, labels.get(SERVICE_LABELS.pod) ?? '']));
  return tasks
    .filter(({ state, serviceId }) => state === 'running' && own.has(serviceId))
    .map(({ nodeId, serviceId }) => ({ nodeId, pod: own.get(serviceId) ?? '' }));
}
