/** What happened to the node, as a line on which one can stand. */
import { useMemo } from 'preact/hooks';
import type { NodeEvent } from '../events-document.js';
import { formatTime } from './format.js';
import { html, type View } from './html.js';
import { Sign } from './signs.js';
import type { Tone } from './standing.js';

interface TimelineProps {
  /** Oldest first. */
  readonly events: readonly NodeEvent[];
  readonly now: number;
  /** The time that is stood on; null: now. */
  readonly at: number | null;
  /** null: back to now. */
  readonly onStand: (at: number | null) => void;
}

const TONES: Readonly<Partial<Record<NodeEvent['kind'], Tone>>> = {
  down: 'bad',
  unserved: 'bad',
  'source-down': 'bad',
  'worker-died': 'bad',
  'roll-failed': 'bad',
  'drain-cut': 'warn',
  removed: 'off',
  problem: 'warn',
  held: 'warn',
  bleed: 'warn',
  up: 'good',
  mended: 'good',
  'source-up': 'good',
  'worker-serves': 'good',
  'bleed-ended': 'good',
};

const SHOWN = 60;

export function Timeline({ events, now, at, onStand }: TimelineProps): View {
  const moments = useMemo(() => momentsOf(events), [events]);
  const place = at === null ? moments.length : moments.findLastIndex((moment) => moment <= at);
  const stand = (index: number): void => onStand(moments[index] ?? null);
  const newestFirst = events.slice(-SHOWN).toReversed();
  return html`<section class="timeline" aria-labelledby="timeline-title">
    <div class="bar">
      <h2 id="timeline-title">Time line</h2>
      <span class="amount">${at === null ? 'Now' : formatTime(at, now)}</span>
    </div>
    ${moments.length === 0 && html`<p class="none">Nothing has happened since the node started.</p>`}
    ${
      moments.length > 0 &&
      html`<div class="line">
      <button type="button" onClick=${() => stand(Math.max(0, place - 1))} disabled=${place <= 0} aria-label="One event back">‹</button>
      <input type="range" min="0" max=${moments.length} step="1" value=${place} aria-label="Moment"
        aria-valuetext=${at === null ? 'now' : formatTime(at, now)}
        onInput=${({ currentTarget }: { readonly currentTarget: HTMLInputElement }) => stand(Number(currentTarget.value))} />
      <button type="button" onClick=${() => stand(place + 1)} disabled=${at === null} aria-label="One event on">›</button>
      <button type="button" onClick=${() => onStand(null)} disabled=${at === null}>Now</button>
    </div>`
    }
    <ol class="events">${newestFirst.map((event) => eventRow(event, now, at, onStand))}</ol>
  </section>`;
}

function eventRow(event: NodeEvent, now: number, at: number | null, onStand: TimelineProps['onStand']): View {
  const time = Date.parse(event.at);
  const isStoodOn = at === time;
  return html`<li key=${`${event.at} ${event.app} ${event.text}`} class=${isStoodOn ? 'stood' : at !== null && time > at ? 'later' : ''}>
    <button type="button" class="moment" aria-pressed=${String(isStoodOn)} title="See the apps as they were right after this"
      onClick=${() => onStand(isStoodOn ? null : time)}><time datetime=${event.at}>${formatTime(time, now)}</time></button>
    <${Sign} tone=${TONES[event.kind] ?? 'idle'} />
    <span class="event"><b>${event.app ?? 'node'}</b> <span class="kind">${event.kind}</span> ${event.text}</span>
  </li>`;
}

/** Events of one moment are one place on the line. */
function momentsOf(events: readonly NodeEvent[]): readonly number[] {
  return [...new Set(events.map((event) => Date.parse(event.at)))].sort((a, b) => a - b);
}
