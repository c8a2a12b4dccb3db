/** Whether a plan of autoproxy named the very tasks that `apply` then replaced. */
import type { SwarmLab } from './swarm-lab.js';

interface Step {
  readonly service: string;
  readonly step: 'create' | 'update' | 'remove' | 'keep';
  readonly fields?: readonly { readonly field: string; readonly from: string | null; readonly to: string | null }[];
  readonly replaced?: readonly string[];
  readonly ended?: readonly string[];
}

export interface Foretold {
  /** What is other than the plan said; empty: nothing. */
  readonly differences: readonly string[];
  /** Tasks that it named, to be replaced or to end. */
  readonly named: number;
  /** Of services that change, tasks that it left out and that ran on. */
  readonly kept: number;
}

/** Plans, applies, and compares ids of tasks; the plan after it has to be empty. */
export async function applyAsForetold(lab: SwarmLab): Promise<Foretold> {
  const plan = await lab.run('plan', '--json');
  if (plan.exitCode !== 0 && plan.exitCode !== 2) return failure(`plan ended with ${plan.exitCode}: ${plan.stderr}`);
  const { steps } = JSON.parse(plan.stdout) as { readonly steps: readonly Step[] };
  const before = await tasksOf(lab, steps);
  const { exitCode, stdout, stderr } = await lab.run('apply');
  if (exitCode !== 0) return failure(`apply ended with ${exitCode}: ${stdout}${stderr}`);
  const after = await tasksOf(lab, steps);
  const differences = steps.flatMap((step) => differencesOf(step, before, after));
  const again = await lab.run('plan');
  if (again.exitCode !== 0) differences.push(`the plan is not empty after apply: ${again.stdout}`);
  const changed = steps.filter(({ step }) => step === 'update');
  return {
    differences,
    named: steps.flatMap(({ replaced = [], ended = [] }) => [...replaced, ...ended]).length,
    kept: changed.flatMap(({ service }) => keptOf(service, before, after)).length,
  };
}

type Tasks = ReadonlyMap<string, readonly string[]>;

function failure(difference: string): Foretold {
  return { differences: [difference], named: 0, kept: 0 };
}

async function tasksOf(lab: SwarmLab, steps: readonly Step[]): Promise<Tasks> {
  const found = await Promise.all(steps.map(async ({ service }) => [service, await lab.taskIds(service)] as const));
  return new Map(found);
}

function keptOf(service: string, before: Tasks, after: Tasks): readonly string[] {
  const now = new Set(after.get(service));
  return (before.get(service) ?? []).filter((id) => now.has(id));
}

function differencesOf(step: Step, before: Tasks, after: Tasks): readonly string[] {
  const { service, step: kind, fields = [] } = step;
  const kept = keptOf(service, before, after);
  const gone = (before.get(service) ?? []).filter((id) => !kept.includes(id));
  const named = (step.replaced ?? step.ended ?? []).toSorted();
  const scale = fields.find(({ field }) => field === 'num_instances');
  const fewer = scale === undefined ? 0 : Math.max(0, Number(scale.from) - Number(scale.to));
  // Swarm chooses which ones end when there are to be fewer.
  const unnamed = gone.length - named.length;
  const isRight =
    named.every((id) => gone.includes(id)) &&
    (named.length === 0 ? unnamed === fewer : unnamed >= 0 && unnamed <= fewer);
  if (isRight) return [];
  const words = fields.map(({ field, from, to }) => `${field} ${from} → ${to}`).join(', ');
  return [`${kind} of ${service} (${words}): the plan named ${named.join(' ')}; gone are ${gone.join(' ')}`];
}
