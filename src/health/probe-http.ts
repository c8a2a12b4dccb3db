import { Agent, request } from 'undici';
import { formatDuration } from '../core/durations.js';
import type { Probe } from './probe.js';

/** A checker's connection is of no use to the next check: a kept one would hide that nobody accepts any more. */
function createAgent(): Agent {
  return new Agent({ pipelining: 0, connections: null, maxResponseSize: 65_536 });
}

/** GET on the check's path; 2xx and 3xx pass, as HAProxy's `option httpchk`. Redirects are not followed. */
export function createHttpProbe(): { readonly probe: Probe; close(): Promise<void> } {
  const dispatcher = createAgent();
  const probe: Probe = async ({ host, port, check }) => {
    const authority = host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
    try {
      const { statusCode, body } = await request(`http://${authority}${check.path ?? '/'}`, {
        dispatcher,
        signal: AbortSignal.timeout(check.timeoutMs),
        headers: { 'user-agent': 'autoproxy-check' },
        reset: true,
      });
      await body.dump({ limit: 65_536, signal: AbortSignal.timeout(check.timeoutMs) }).catch(() => undefined);
      return { hasPassed: statusCode >= 200 && statusCode < 400, detail: String(statusCode) };
    } catch (error) {
      return { hasPassed: false, detail: describeFailure(error, check.timeoutMs) };
    }
  };
  return { probe, close: () => dispatcher.destroy() };
}

function describeFailure(error: unknown, timeoutMs: number): string {
  if (!(error instanceof Error)) return String(error);
  return error.name === 'TimeoutError' ? `no answer within ${formatDuration(timeoutMs)}` : error.message;
}
