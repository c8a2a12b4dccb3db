import { connect } from 'node:net';
import { formatDuration } from '../core/durations.js';
import { failureFrom, GIVEN_UP, type Probe, type ProbeResult } from './probe.js';

/** A connection that is accepted is a passed check (HAProxy's `check` without options). */
export const probeTcp: Probe = ({ host, port, check, localAddress }, signal) =>
  new Promise((resolve) => {
    const socket = connect({ host, port, ...(localAddress != null && { localAddress }) });
    const end = (result: ProbeResult): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', giveUp);
      socket.destroy();
      resolve(result);
    };
    const giveUp = (): void => end(GIVEN_UP);
    const timer = setTimeout(
      () =>
        end({ hasPassed: false, detail: `no connection within ${formatDuration(check.timeoutMs)}`, code: 'L4TOUT' }),
      check.timeoutMs,
    );
    signal?.addEventListener('abort', giveUp);
    socket.on('connect', () => {
      // A reset leaves no TIME_WAIT behind: one a second and instance adds up.
      socket.resetAndDestroy();
      end({ hasPassed: true, detail: 'connected', code: 'L4OK' });
    });
    socket.on('error', (error) => end(failureFrom(error)));
  });
