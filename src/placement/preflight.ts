/** What stands against a plan on this Swarm, found before anything changes. Pure. */
import { nameOf, type PlacementPlan, type ServiceStep } from './plan.js';
import { POD_LABEL } from './service.js';

/** The part of a view that is looked at. */
interface Grounds {
  readonly nodes: readonly {
    readonly labels: ReadonlyMap<string, string>;
    readonly availability: string;
    readonly state: string;
  }[];
  readonly secrets: ReadonlyMap<string, string>;
}

/** @returns one line for each reason, with what to do; empty: the plan can be carried out */
export function obstacles({ steps, refusals }: PlacementPlan, grounds: Grounds): readonly string[] {
  return [...refusals, ...steps.flatMap((step) => obstaclesOf(step, grounds))];
}

function obstaclesOf(step: ServiceStep, { nodes, secrets }: Grounds): readonly string[] {
  if (step.kind !== 'create' && step.kind !== 'update') return [];
  const { pod, app } = step.service;
  const found: string[] = [];
  const labelled = nodes.filter(({ labels }) => labels.get(POD_LABEL) === pod);
  if (labelled.length === 0)
    found.push(
      `${nameOf(step)}: no node has the label ${POD_LABEL}=${pod}; docker node update --label-add ${POD_LABEL}=${pod} NODE`,
    );
  else if (!labelled.some(({ availability, state }) => availability === 'active' && state === 'ready'))
    found.push(`${nameOf(step)}: no node of the pod ${pod} is ready and active; docker node ls shows them`);
  const missing = step.service.secrets.filter(({ name }) => !secrets.has(name)).map(({ name }) => name);
  for (const name of missing)
    found.push(
      `${nameOf(step)}: ${app} reads the secret ${name}, which Swarm does not have; docker secret create ${name} FILE`,
    );
  return found;
}
