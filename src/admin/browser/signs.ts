/** Small signs: a shape for each tone, and the chip that joins it with a word. */
import { html, type View } from './html.js';
import type { Standing, Tone } from './standing.js';

const SHAPES: Readonly<Record<Tone, View>> = {
  good: html`<circle cx="6" cy="6" r="4.5" />`,
  warn: html`<path d="M6 .8 11.6 11H.4Z" />`,
  bad: html`<path d="m2.4.9 3.6 3.6L9.6.9l1.5 1.5L7.5 6l3.6 3.6-1.5 1.5L6 7.5l-3.6 3.6L.9 9.6 4.5 6 .9 2.4Z" />`,
  off: html`<path d="M1.5 1.5h9v9h-9Z" />`,
  idle: html`<path d="M6 1.5a4.5 4.5 0 1 0 0 9 4.5 4.5 0 0 0 0-9Zm0 1.8a2.7 2.7 0 1 1 0 5.4 2.7 2.7 0 0 1 0-5.4Z" />`,
};

export function Sign({ tone }: { readonly tone: Tone }): View {
  return html`<svg class=${`sign ${tone}`} viewBox="0 0 12 12" aria-hidden="true" focusable="false">${SHAPES[tone]}</svg>`;
}

export function Chip({ tone, word }: Pick<Standing, 'tone' | 'word'>): View {
  return html`<span class=${`chip ${tone}`}><${Sign} tone=${tone} />${word}</span>`;
}
