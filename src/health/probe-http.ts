import { Client, type Dispatcher } from 'undici';
import { formatDuration } from '../core/durations.js';
import { NODE_FIELD } from '../core/node-field.js';
import { createHeaderConnector } from './connect-with-header.js';
import { failureFrom, type Probe, type ProbeResult } from './probe.js';

/** What is read of a body, so that the sender is not cut off in the middle of it. */
const MAX_BODY_BYTES = 65_536;

/**
 * GET on the check's path; 2xx and 3xx pass, as HAProxy's `option httpchk`. The status is the answer: redirects are not
 * followed, and a body that is long or stalls changes nothing.
 *
 * Each check has a client and a connection of its own: a kept one would hide that nobody accepts any more. A bare client
 * costs 0.2 ms of CPU a check, `request` over an agent 0.3 to 0.6, and a large node makes a thousand checks a second.
 */
export function createHttpProbe(): { readonly probe: Probe; close(): Promise<void> } {
  const clients = new Set<Client>();
  const probe: Probe = ({ host, port, check, localAddress = null, sendProxy = 'none' }) =>
    new Promise((resolve) => {
      const { path, timeoutMs } = check;
      const client = new Client(`http://${host.includes(':') ? `[${host}]` : host}:${port}`, {
        pipelining: 0,
        // Without it a connect that nobody answers would outlive its check.
        connect:
          sendProxy === 'none' ? { timeout: timeoutMs } : createHeaderConnector(host, port, sendProxy, timeoutMs),
        ...(localAddress !== null && { localAddress }),
        // The one timer below counts for all parts.
        headersTimeout: 0,
        bodyTimeout: 0,
      });
      clients.add(client);
      const end = (): void => {
        clearTimeout(timer);
        clients.delete(client);
        void client.destroy();
      };
      // Once the status is known this only ends the reading of the body: the first verdict counts.
      const fail = (result: ProbeResult): void => {
        resolve(result);
        end();
      };
      const timer = setTimeout(
        () => fail({ hasPassed: false, detail: `no answer within ${formatDuration(timeoutMs)}` }),
        timeoutMs,
      );
      let bodyBytes = 0;
      const answer: Dispatcher.DispatchHandler = {
        // Its presence says that this is a handler of today's form.
        onRequestStart() {},
        onResponseStart(_controller, status, fields) {
          // A 1xx is followed by the answer.
          if (status < 200) return;
          const named = fields[NODE_FIELD.toLowerCase()];
          const node = typeof named === 'string' ? named : null;
          resolve({ hasPassed: status < 400, detail: `status ${status}`, node });
        },
        onResponseData(_controller, bytes) {
          bodyBytes += bytes.length;
          if (bodyBytes > MAX_BODY_BYTES) end();
        },
        onResponseEnd: end,
        onResponseError(_controller, error) {
          fail(failureFrom(error));
        },
      };
      try {
        const headers = { 'user-agent': 'autoproxy-check' };
        client.dispatch({ path: path ?? '/', method: 'GET', reset: true, headers }, answer);
      } catch (error) {
        // A path that no request can have.
        fail(failureFrom(error));
      }
    });
  return {
    probe,
    async close() {
      await Promise.all([...clients].map((client) => client.destroy()));
    },
  };
}
