import type { ServiceCondition } from '../../systemd/service-notices.js';

/**
 * How the edge does, in one line, as `systemctl status` shows it.
 * @param silence which process of HAProxy does not answer; empty: each does
 * @param failure why the last change is not in force; empty: it is
 */
export function edgeCondition(isRunning: boolean, silence: string, failure: string): ServiceCondition {
  const running = silence === '' ? 'HAProxy serves' : 'HAProxy runs';
  const reasons = [isRunning ? running : 'not ready: HAProxy does not serve', silence, failure];
  return { isReady: isRunning, status: reasons.filter((reason) => reason !== '').join('; ') };
}
