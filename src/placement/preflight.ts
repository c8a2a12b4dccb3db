/** What stands against a plan on this Swarm, found before anything changes. Pure. */
import { registryOf } from '../docker/image-name.js';
import { isLargeLoss } from '../model/large-loss.js';
import { type Capacity, isOpen, limitProblems, roomProblems } from './capacity.js';
import { appOf, type Found, isManaged, nameOf, ownerOf, type PlacementPlan, type ServiceStep } from './plan.js';
import { POD_LABEL } from './service.js';

/** As at nodes and edges: a registry that suddenly names half of the apps may be the wrong one. */
const MAX_LOST_SHARE = 0.5;
const SHOWN_APPS = 5;
/** In the engine's words. The Hub says `denied` of what is not there, too. */
const WANTS_LOGIN = /unauthorized|no basic auth|authentication required|access denied/i;

/** What a Swarm has, as far as a plan may lack it. */
interface Grounds extends Capacity {
  /** Name → id. */
  readonly secrets: ReadonlyMap<string, string>;
  /** Images that cannot be had, and why their registry does not give them. */
  readonly missingImages: ReadonlyMap<string, string>;
}

/** @returns one line for each reason, with what to do; empty: the plan can be carried out */
export function obstacles(plan: PlacementPlan, grounds: Grounds): readonly string[] {
  const { steps, refusals } = plan;
  return [
    ...refusals,
    ...steps.flatMap((step) => obstaclesOf(step, grounds)),
    ...imageProblems(plan, grounds),
    ...limitProblems(plan, grounds),
    ...roomProblems(plan, grounds),
  ];
}

/** The images that containers of this plan are newly started from. */
export function imagesIn({ steps }: PlacementPlan): ReadonlySet<string> {
  return new Set(steps.flatMap((step) => imageOf(step) ?? []));
}

/** The images that nodes may pull because of this plan. */
export function pulledImages({ steps }: PlacementPlan): ReadonlySet<string> {
  return new Set(steps.flatMap((step) => (step.kind === 'create' || step.kind === 'update' ? step.service.image : [])));
}

function imageOf(step: ServiceStep): string | null {
  if (step.kind === 'create') return step.service.image;
  if (step.kind === 'update' && step.fields.some(({ field }) => field === 'image')) return step.service.image;
  return null;
}

function imageProblems({ steps }: PlacementPlan, { missingImages }: Grounds): readonly string[] {
  return [...missingImages].map(([image, reason]) => {
    const users = steps.filter((step) => imageOf(step) === image).map(nameOf);
    const advice = WANTS_LOGIN.test(reason) ? `docker login ${registryOf(image)}` : 'push it';
    return (
      `${users.join(', ')}: this engine does not have the image ${image}, and its registry does not give it (${reason}); ` +
      `${advice}, or give --no-image-check when the nodes of the pod have it`
    );
  });
}

function obstaclesOf(step: ServiceStep, { nodes, secrets }: Grounds): readonly string[] {
  if (step.kind !== 'create' && step.kind !== 'update') return [];
  const { pod, app } = step.service;
  const found: string[] = [];
  const labelled = nodes.filter(({ labels }) => labels.get(POD_LABEL) === pod);
  if (labelled.length === 0)
    found.push(`${nameOf(step)}: no node has the label ${POD_LABEL}=${pod}; autoproxy pods label NODE ${pod}`);
  else if (!labelled.some(isOpen))
    found.push(`${nameOf(step)}: no node of the pod ${pod} is ready and active; autoproxy pods shows them`);
  const missing = step.service.secrets.filter(({ name }) => !secrets.has(name)).map(({ name }) => name);
  for (const name of missing)
    found.push(
      `${nameOf(step)}: ${app} reads the secret ${name}, which Swarm does not have; docker secret create ${name} FILE`,
    );
  return found;
}

/** @returns why so many apps are not removed at once; null: it is an everyday change */
export function largeLossIn({ steps }: PlacementPlan, { services }: Pick<Found, 'services'>): string | null {
  const staying = new Set(steps.flatMap((step) => (step.kind === 'remove' ? [] : [step.service.app])));
  const removed = steps.filter(({ kind }) => kind === 'remove').map(appOf);
  const lost = [...new Set(removed)].filter((app) => !staying.has(app));
  const known = new Set(services.filter(isManaged).map(ownerOf));
  if (lost.length > 0 && staying.size === 0)
    return `the registry names no app that is placed, and the Swarm has services of ${countedApps(known.size)} (${someOf(lost)}): is it the right registry? If all are to go: autoproxy apply --force`;
  if (!isLargeLoss(lost.length, known.size, MAX_LOST_SHARE)) return null;
  return `${lost.length} of ${known.size} apps are not in the registry any more (${someOf(lost)}); if that is right: autoproxy apply --force`;
}

/** The first few of these names. */
export function someOf(apps: readonly string[]): string {
  const more = apps.length - SHOWN_APPS;
  return `${apps.slice(0, SHOWN_APPS).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

function countedApps(count: number): string {
  return count === 1 ? '1 app' : `${count} apps`;
}
