import { APP_FAMILIES, INSTANCE_FAMILIES } from './app-families.js';
import type { Family } from './family.js';
import { FamilyText } from './family-text.js';
import type { ExpositionFormat } from './format.js';
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

/** What `/metrics` says. Equal input gives equal text: what is kept of the texts before only saves the making of this one. */
export class Exposition {
  readonly #texts = FAMILIES.map((family) => new FamilyText(family));

  /** @returns the text in parts, whose bytes never change */
  write(input: ExpositionInput, format: ExpositionFormat): readonly Buffer[] {
    const view = viewOf(input);
    const parts = this.#texts.flatMap((text) => text.write(view, format));
    return format === 'openmetrics' ? [...parts, END] : parts;
  }
}

const END = Buffer.from('# EOF\n');
