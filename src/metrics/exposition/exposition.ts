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
  /** Several scrapers may have the same input. */
  #last: {
    readonly input: ExpositionInput;
    readonly format: ExpositionFormat;
    readonly parts: readonly Buffer[];
  } | null = null;

  /** @returns the text in parts, whose bytes never change */
  write(input: ExpositionInput, format: ExpositionFormat): readonly Buffer[] {
    if (this.#last !== null && this.#last.input === input && this.#last.format === format) return this.#last.parts;
    const view = viewOf(input);
    const parts = this.#texts.flatMap((text) => text.write(view, format));
    if (format === 'openmetrics') parts.push(END);
    this.#last = { input, format, parts };
    return parts;
  }
}

const END = Buffer.from('# EOF\n');
