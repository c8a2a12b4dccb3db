import { AccessLog, type AccessLogOptions } from '../../src/access-log/access-log.js';
import type { AccessFacts } from '../../src/access-log/facts.js';
import { KeptLines } from '../support/node/kept-lines.js';

/** A request of 2009-02-06, 11:14:14.655 UTC, that all went well with. */
const FACTS: Partial<AccessFacts> = {
  ...{ app: 'shop', slot: 21_034, clientAddress: '10.0.1.2', clientPort: 33_317 },
  ...{ frontAddress: '10.0.0.1', frontPort: 21_034 },
  ...{ instance: '172.17.0.2:8080', instanceAddress: '172.17.0.2', instancePort: 8_080 },
  ...{ startedAt: Date.UTC(2009, 1, 6, 11, 14, 14, 655), endedAt: Date.UTC(2009, 1, 6, 11, 14, 14, 764) },
  ...{ handshakeMs: 3, idleMs: 7, headMs: 10, queueMs: 0, connectMs: 30, responseMs: 69, transferMs: 0, activeMs: 109 },
  ...{ status: 200, bytesIn: 120, bytesOut: 2_750, cookieFlags: 'VN' },
  ...{ workerConnections: 4, slotConnections: 3, slotRequests: 2, instanceRequests: 1 },
  ...{ method: 'GET', target: '/index.html?a=1', host: 'shop.example' },
  requestHead: 'GET /index.html?a=1 HTTP/1.1\r\nHost: shop.example\r\nUser-Agent: a "quoted" {one}\r\nVia: a, b\r\n',
  responseHead: 'HTTP/1.1 200 OK\r\nServer: one\r\nserver: two\r\n',
};

/** @returns the line of such a request, without its end */
export function written(
  format: string,
  facts: Partial<AccessFacts> = {},
  options: Partial<AccessLogOptions> = {},
): string {
  let line = '';
  const context = {
    pid: 77,
    hostname: 'node-a1',
    requestCaptures: ['Host', 'User-Agent'],
    responseCaptures: ['Server'],
  };
  const log = new AccessLog({ format, ...context, ...options }, new KeptLines((text) => (line = text)));
  Object.assign(log.facts, FACTS, facts);
  log.log();
  return line.slice(0, -1);
}
