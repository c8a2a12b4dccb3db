/** A plan for people and for programs. */
import { nameOf, type PlacementPlan, type ServiceStep } from '../../placement/plan.js';
import type { FieldChange } from '../../placement/spec-differences.js';
import { countOf } from '../count-text.js';

const SHORT_ID_DIGITS = 12;

/** As `edge diff`: a line for each service, and below it a line for each field. */
export function planLines({ steps }: PlacementPlan): readonly string[] {
  const changes = steps.filter(({ kind }) => kind !== 'keep');
  if (changes.length === 0) return [`${countOf(steps.length, 'service')}: nothing changes`];
  return [...changes.flatMap(stepLines), summaryOf(steps)];
}

function stepLines(step: ServiceStep): readonly string[] {
  if (step.kind === 'create') {
    const { image, replicas, pod } = step.service;
    return [`+ ${nameOf(step)}: ${countOf(replicas, 'task')} of ${image} in the pod ${pod}`];
  }
  if (step.kind === 'remove') return [`- ${nameOf(step)}: ${countOf(step.ended.length, 'task')} end`];
  if (step.kind === 'keep') return [];
  const { fields, replaced } = step;
  const tasks = replaced.length === 0 ? 'no task is replaced' : `${countOf(replaced.length, 'task')} replaced`;
  return [
    `~ ${nameOf(step)}: ${tasks}`,
    ...fields.map((change) => `    ${fieldText(change)}`),
    ...replaced.map((id) => `    task ${id.slice(0, SHORT_ID_DIGITS)}`),
  ];
}

function fieldText({ field, from, to }: FieldChange): string {
  if (from === null && to === null) return `${field}: changed`;
  return `${field}: ${from ?? '(none)'} → ${to ?? '(none)'}`;
}

function summaryOf(steps: readonly ServiceStep[]): string {
  const count = (kind: ServiceStep['kind']): number => steps.filter((step) => step.kind === kind).length;
  return `${count('create')} to create, ${count('update')} to update, ${count('remove')} to remove, ${count('keep')} unchanged`;
}

export function planDocument(
  { steps }: PlacementPlan,
  against: readonly string[],
  warnings: readonly string[],
): object {
  return {
    steps: steps.map((step) => {
      const shared = { service: nameOf(step), step: step.kind };
      if (step.kind === 'create') return { ...shared, image: step.service.image, replicas: step.service.replicas };
      if (step.kind === 'update') return { ...shared, fields: step.fields, replaced: step.replaced };
      if (step.kind === 'remove') return { ...shared, ended: step.ended };
      return shared;
    }),
    obstacles: against,
    warnings,
  };
}
