/** What somebody else did to a service since a rollout told the manager about it, or found it as it should be. Pure. */
import { engineSpec } from './engine-spec.js';
import type { FoundService, ServiceStep, UpdateStep } from './plan.js';
import type { Service } from './service.js';
import { specDifferences } from './spec-differences.js';

/** A service as it is now. */
type SeenService = Pick<FoundService, 'id' | 'spec'> & { readonly updateState: string };

interface Overtaken {
  readonly kind: 'overtaken' | 'rolled-back';
  readonly reason: string;
}

/** @returns null: the service is as this step left it, or Docker itself rolls it back */
export function overtakenAt(step: ServiceStep, service: SeenService | null): Overtaken | null {
  if (step.kind === 'remove')
    return service === null || service.id === step.found.id ? null : overtaken('somebody else made it again meanwhile');
  if (service === null) return overtaken('it was removed meanwhile');
  const fields = new Set(specDifferences(sentSpec(step), service.spec).map(({ field }) => field));
  if (fields.size === 0) return null;
  // What an earlier rollout began may fail, and what this one began: the first is known by its end alone.
  if (service.updateState.startsWith('rollback_'))
    return step.kind === 'keep' && service.updateState === 'rollback_completed'
      ? { kind: 'rolled-back', reason: '' }
      : null;
  return overtaken(`somebody else changed it meanwhile (${[...fields].join(', ')})`);
}

/** Whether the manager has done what this step asks for. */
export function isCarriedOut(step: ServiceStep, service: SeenService | null): boolean {
  if (step.kind === 'remove') return service?.id !== step.found.id;
  return service !== null && specDifferences(sentSpec(step), service.spec).length === 0;
}

/** A version that fails after a resumption must not be rolled back to itself: it is held, and people decide. */
export function firstPart({ service, isResumed }: UpdateStep): Service {
  const { update } = service;
  return isResumed && update.onFailure === 'rollback'
    ? { ...service, update: { ...update, onFailure: 'pause' } }
    : service;
}

function sentSpec(step: Exclude<ServiceStep, { readonly kind: 'remove' }>): object {
  return engineSpec(step.kind === 'update' ? firstPart(step) : step.service);
}

function overtaken(reason: string): Overtaken {
  return { kind: 'overtaken', reason };
}
