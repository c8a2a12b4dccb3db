import { ENDPOINTS } from './endpoints.js';

/** For a person at a terminal. */
export function formatEndpointList(): string {
  const rows = ENDPOINTS.map(({ method, path, help }) => ({ request: `${method} ${path}`, help }));
  const width = Math.max(...rows.map(({ request }) => request.length));
  const lines = rows.map(({ request, help }) => `${request.padEnd(width)}  ${help}`);
  return ['autoproxy: the admin API of this node. A browser gets a page here.', '', ...lines].join('\n');
}
