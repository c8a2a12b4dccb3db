import type { EdgeLoop } from '../../../edge/run/edge-loop.js';
import type { ServiceCondition } from '../../systemd/service-notices.js';

/** How the edge does, in one line, as `systemctl status` shows it. */
export function edgeCondition(isServing: boolean, { failure }: Pick<EdgeLoop, 'failure'>): ServiceCondition {
  const reasons = [isServing ? 'HAProxy serves' : 'not ready: HAProxy does not serve', failure];
  return { isReady: isServing, status: reasons.filter((reason) => reason !== '').join('; ') };
}
