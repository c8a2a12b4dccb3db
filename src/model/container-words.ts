import type { ContainerRef } from './app.js';

/** As the engine's own tools shorten an id. */
export const SHORT_ID_DIGITS = 12;

/** As people write it: `container web-1 (0123456789ab)`. */
export function containerWords({ name, id }: ContainerRef): string {
  return `container ${name} (${id.slice(0, SHORT_ID_DIGITS)})`;
}
