import type { ControlPlane } from '../control/control-plane.js';
import type { Readiness } from '../control/readiness.js';
import type { ServiceCondition } from '../systemd/service-notices.js';
import { isUsable } from './traffic-way.js';

interface ConditionParts {
  readonly plane: ControlPlane;
  readonly readiness: Readiness;
}

/** How the node does, in one line, as `systemctl status` shows it. */
export function nodeCondition({ plane, readiness }: ConditionParts): ServiceCondition {
  const reason = readiness.reason();
  if (reason !== null) return { isReady: false, status: `not ready: ${reason}` };
  const instances = (plane.snapshot?.slots ?? []).flatMap((slot) => slot.instances);
  const usable = instances.filter(isUsable).length;
  return {
    isReady: true,
    status: `apps: ${plane.apps.length}, usable instances: ${usable} of ${instances.length}`,
  };
}
