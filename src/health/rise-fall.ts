import type { HealthCheck } from '../model/app.js';

/**
 *              ┌──────────── first check passed ───────────┐
 *   unchecked ─┤                                           ▼
 *              └─ first check failed ─► down ─rise passed─► up
 *                                        ▲                  │
 *                                        └── fall failed, ──┘
 *                                            or ejected
 *
 * The first check decides alone, as in HAProxy, where a new server counts as up and goes down with its first failed check
 * (`init-state up`, the default). What differs is the time before it: there it gets traffic, here it does not.
 */
export type Health = 'unchecked' | 'up' | 'down';

export interface Condition {
  readonly health: Health;
  /** Checks in a row that spoke against the present health. */
  readonly contrary: number;
}

export const UNCHECKED: Condition = { health: 'unchecked', contrary: 0 };
export const EJECTED: Condition = { health: 'down', contrary: 0 };

export function afterCheck(
  condition: Condition,
  hasPassed: boolean,
  { rise, fall }: Pick<HealthCheck, 'rise' | 'fall'>,
): Condition {
  const { health } = condition;
  if (health === 'unchecked') return { health: hasPassed ? 'up' : 'down', contrary: 0 };
  const isContrary = hasPassed !== (health === 'up');
  if (!isContrary) return { health, contrary: 0 };
  const contrary = condition.contrary + 1;
  if (contrary < (health === 'up' ? fall : rise)) return { health, contrary };
  return { health: health === 'up' ? 'down' : 'up', contrary: 0 };
}
