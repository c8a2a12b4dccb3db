/** Whether `placement.spread` can spread anything over the nodes of a pod. Pure. */
import type { PlacementPlan } from './plan.js';
import { POD_LABEL } from './service.js';

interface LabelledNode {
  readonly labels: ReadonlyMap<string, string>;
}

/** Swarm takes nodes without the label for one group, and says nothing. @returns one line for each label and pod, with what to do */
export function spreadWarnings({ steps }: PlacementPlan, nodes: readonly LabelledNode[]): readonly string[] {
  const users = new Map<string, { readonly pod: string; readonly label: string; readonly apps: Set<string> }>();
  for (const step of steps) {
    if (step.kind === 'remove' || step.service.spread === null) continue;
    const { pod, spread: label, app } = step.service;
    const key = JSON.stringify([pod, label]);
    const known = users.get(key) ?? { pod, label, apps: new Set() };
    known.apps.add(app);
    users.set(key, known);
  }
  return [...users.values()].flatMap(({ pod, label, apps }) => {
    const values = nodes.filter(({ labels }) => labels.get(POD_LABEL) === pod).map(({ labels }) => labels.get(label));
    // A pod without a node is refused, or was forgotten later.
    if (values.length === 0) return [];
    const advice = `docker node update --label-add ${label}=VALUE NODE`;
    const words = `${[...apps].join(', ')}: placement.spread: ${label} keeps no instances apart in the pod ${pod}: `;
    if (values.every((value) => value === undefined)) return [`${words}no node there has this label; ${advice}`];
    if (values.length > 1 && new Set(values).size === 1)
      return [`${words}all nodes there have ${label}=${values[0]}; ${advice}`];
    return [];
  });
}
