/** The weights that operators have decided, as plain data. They stand beside decisions about states, and outlive those. */
import * as v from 'valibot';
import { isOtherLife } from '../../core/lives.js';
import type { App, Instance } from '../../model/app.js';

export interface WeightDecision {
  readonly app: string;
  /** `ip:port`. */
  readonly instance: string;
  /** The decision is about this one alone, and lapses with it; null: about any instance at the address. */
  readonly life: string | null;
  /** 0 to 256. */
  readonly weight: number;
  /** Who decided. */
  readonly by: string;
  /** When, ISO 8601. */
  readonly at: string;
}

/** How many decisions about instances that are not there are kept: they may come back. */
const MAX_ABSENT = 1_000;

const name = v.pipe(v.string(), v.minLength(1), v.maxLength(253));

export const weightEntry = v.object({
  app: name,
  instance: name,
  life: v.optional(v.nullable(name), null),
  weight: v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(256)),
  by: v.pipe(v.string(), v.maxLength(1_024)),
  at: v.pipe(v.string(), v.maxLength(64)),
});

/** One about each instance. */
export function withWeight(decisions: readonly WeightDecision[], newest: WeightDecision): readonly WeightDecision[] {
  return [...withoutWeight(decisions, newest.app, newest.instance), newest];
}

export function withoutWeight(
  decisions: readonly WeightDecision[],
  app: string,
  instance: string,
): readonly WeightDecision[] {
  return decisions.filter((one) => one.app !== app || one.instance !== instance);
}

/** The decision in force about one instance, or null. */
export function weightDecisionOf(
  decisions: readonly WeightDecision[],
  app: string,
  { id, life }: Pick<Instance, 'id' | 'life'>,
): WeightDecision | null {
  return decisions.find((one) => one.app === app && one.instance === id && !isOtherLife(one.life, life)) ?? null;
}

/** Puts the decisions over what the sources say. Apps that none concerns are passed on as the same objects. */
export function applyWeights(apps: readonly App[], decisions: readonly WeightDecision[]): readonly App[] {
  if (decisions.length === 0) return apps;
  return apps.map((app) => {
    const instances = app.instances.map((instance) => {
      const decision = weightDecisionOf(decisions, app.name, instance);
      return decision === null || decision.weight === instance.weight
        ? instance
        : { ...instance, weight: decision.weight };
    });
    return instances.every((instance, index) => instance === app.instances[index]) ? app : { ...app, instances };
  });
}

/** Without those about lives whose address others have, and the oldest of those about what is not there. */
export function prunedWeights(decisions: readonly WeightDecision[], apps: readonly App[]): readonly WeightDecision[] {
  const lives = new Map(
    apps.flatMap(({ name, instances }) => instances.map(({ id, life }) => [`${name} ${id}`, life])),
  );
  const current = decisions.filter(
    ({ app, instance, life }) => !isOtherLife(life, lives.get(`${app} ${instance}`) ?? null),
  );
  const absent = current.filter(({ app, instance }) => !lives.has(`${app} ${instance}`));
  const lapsed = new Set(absent.slice(0, Math.max(0, absent.length - MAX_ABSENT)));
  return current.filter((one) => !lapsed.has(one));
}
