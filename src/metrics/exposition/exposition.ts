/** What `/metrics` says. Pure: equal input gives equal text. */
import { APP_FAMILIES, INSTANCE_FAMILIES } from './app-families.js';
import type { Family } from './family.js';
import { type ExpositionFormat, formatFamilies } from './format.js';
import { HAPROXY_BACKEND_FAMILIES } from './haproxy-backend.js';
import { HAPROXY_FRONTEND_FAMILIES, HAPROXY_PROCESS_FAMILIES } from './haproxy-frontend.js';
import { HAPROXY_SERVER_FAMILIES } from './haproxy-server.js';
import type { ExpositionInput } from './input.js';
import { NODE_FAMILIES } from './node-families.js';
import { type ExpositionView, viewOf } from './view.js';

/** In the order of the text. */
export const FAMILIES: readonly Family<ExpositionView>[] = [
  ...APP_FAMILIES,
  ...INSTANCE_FAMILIES,
  ...NODE_FAMILIES,
  ...HAPROXY_PROCESS_FAMILIES,
  ...HAPROXY_FRONTEND_FAMILIES,
  ...HAPROXY_BACKEND_FAMILIES,
  ...HAPROXY_SERVER_FAMILIES,
];

export function formatExposition(input: ExpositionInput, format: ExpositionFormat = 'text'): string {
  return formatFamilies(FAMILIES, viewOf(input), format);
}
