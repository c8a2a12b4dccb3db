import { Agent, request } from 'undici';
import { formatDuration } from '../core/durations.js';
import { failureFrom, type Probe, type ProbeResult } from './probe.js';

/** A checker's connection is of no use to the next check: a kept one would hide that nobody accepts any more. */
function createAgent(): Agent {
  return new Agent({ pipelining: 0, connections: null, maxResponseSize: 65_536 });
}

/** GET on the check's path; 2xx and 3xx pass, as HAProxy's `option httpchk`. Redirects are not followed. */
export function createHttpProbe(): { readonly probe: Probe; close(): Promise<void> } {
  const dispatcher = createAgent();
  const probe: Probe = async ({ host, port, check }) => {
    const authority = host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
    const signal = AbortSignal.timeout(check.timeoutMs);
    try {
      const { statusCode, body } = await request(`http://${authority}${check.path ?? '/'}`, {
        dispatcher,
        signal,
        headers: { 'user-agent': 'autoproxy-check' },
        reset: true,
      });
      // The status is the answer; a body that is long or stalls changes nothing.
      await body.dump({ limit: 65_536, signal }).catch(() => undefined);
      return { hasPassed: statusCode >= 200 && statusCode < 400, detail: String(statusCode) };
    } catch (error) {
      return failureOf(error, check.timeoutMs);
    }
  };
  return { probe, close: () => dispatcher.destroy() };
}

function failureOf(error: unknown, timeoutMs: number): ProbeResult {
  const isTimeout = error instanceof Error && error.name === 'TimeoutError';
  return isTimeout ? { hasPassed: false, detail: `no answer within ${formatDuration(timeoutMs)}` } : failureFrom(error);
}
