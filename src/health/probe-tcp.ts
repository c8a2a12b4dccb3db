import { connect } from 'node:net';
import { formatDuration } from '../core/durations.js';
import { failureFrom, type Probe } from './probe.js';

/** A connection that is accepted is a passed check (HAProxy's `check` without options). */
export const probeTcp: Probe = ({ host, port, check, localAddress }) =>
  new Promise((resolve) => {
    const socket = connect({ host, port, ...(localAddress != null && { localAddress }) });
    const timer = setTimeout(() => {
      socket.destroy();
      resolve({ hasPassed: false, detail: `no connection within ${formatDuration(check.timeoutMs)}` });
    }, check.timeoutMs);
    socket.on('connect', () => {
      clearTimeout(timer);
      // A reset leaves no TIME_WAIT behind: one a second and instance adds up.
      socket.resetAndDestroy();
      resolve({ hasPassed: true, detail: 'connected' });
    });
    socket.on('error', (error) => {
      clearTimeout(timer);
      resolve(failureFrom(error));
    });
  });
