/** The parts of an app's page that its `why` fills. */
import type { WhyDocument } from '../why-document.js';
import { formatAmount, formatCount, formatDuration, formatTime } from './format.js';
import { html, type View } from './html.js';
import { Chip, Sign } from './signs.js';
import { Problems } from './surroundings.js';

interface WhyProps {
  readonly why: WhyDocument;
}

const OUTCOMES = {
  used: { tone: 'good', word: 'Used' },
  hidden: { tone: 'off', word: 'Hidden' },
  unserved: { tone: 'warn', word: 'Unserved' },
} as const;

export function WhyProblems({ why }: WhyProps): View {
  return html`<${Problems} problems=${why.problems} />`;
}

export function Definitions({ why }: WhyProps): View {
  const { definitions, offers = [], leftOut = [] } = why;
  return html`<section aria-labelledby="definitions-title"><h2 id="definitions-title">Where it comes from</h2>
    <ul class="facts">
      ${definitions.map(
        ({ source, location, line, outcome, instances, staleMs, held }) => html`<li>
          <${Chip} ...${OUTCOMES[outcome]} />
          <span><b>${source}</b> <code>${line === null ? location : `${location}:${line}`}</code>
            <span class="small"> · ${formatAmount(instances, 'instance')}${staleMs > 0 ? ` · not confirmed for ${formatDuration(staleMs / 1_000)}` : ''}${held ? ' · the source has lost it, in whole or in part' : ''}</span></span>
        </li>`,
      )}
      ${offers.map(
        ({ source, instances }) =>
          html`<li><${Chip} tone="good" word="Offers" /><span><b>${source}</b> <span class="small">${formatAmount(instances, 'instance')}</span></span></li>`,
      )}
      ${leftOut.map(
        ({ address, place, why: reason }) =>
          html`<li><${Chip} tone="off" word="Left out" /><span><b>${address}</b> <span class="small">${place}: ${reason}</span></span></li>`,
      )}
    </ul>
  </section>`;
}

export function Neighbors({ why: { serving } }: WhyProps): View {
  if (serving === null) return null;
  const { neighbors, bled, bledIn } = serving;
  return html`<section aria-labelledby="neighbors-title"><h2 id="neighbors-title">Bleed</h2>
    <p class="small">${formatCount(bled)} requests went to neighbors since the node started, ${formatCount(bledIn)} came from them.</p>
    <ul class="facts">${neighbors.map(
      ({ address, health, lastCheck, remark }) => html`<li>
        <${Chip} tone=${health === 'up' ? 'good' : health === 'down' ? 'bad' : 'idle'} word=${health} />
        <span><b>${address}</b> <span class="small">${[lastCheck?.detail, remark].filter((part) => part != null).join(' · ')}</span></span>
      </li>`,
    )}</ul>
    ${neighbors.length === 0 && html`<p class="none">This node has no neighbor for it.</p>`}
  </section>`;
}

export function WhyErrors({ why: { serving } }: WhyProps): View {
  if (serving === null) return null;
  const { errors } = serving;
  return html`<section aria-labelledby="errors-title"><h2 id="errors-title">What went wrong</h2>
    ${errors.length === 0 && html`<p class="none">Nothing since the node started.</p>`}
    <ul class="facts">${errors.map(
      ({ code, count, text }) =>
        html`<li><b class="count">${formatCount(count)}</b><span><code>${code}</code> <span class="small">${text}</span></span></li>`,
    )}</ul>
  </section>`;
}

export function EventList({ why, now }: WhyProps & { readonly now: number }): View {
  return html`<section class="timeline" aria-labelledby="events-title"><h2 id="events-title">Events</h2>
    <ol class="events">${why.events.toReversed().map(
      ({ at, kind, text }) => html`<li><time datetime=${at}>${formatTime(Date.parse(at), now)}</time>
        <${Sign} tone=${kind === 'down' || kind === 'unserved' ? 'bad' : kind === 'up' ? 'good' : 'idle'} />
        <span class="event"><span class="kind">${kind}</span> ${text}</span></li>`,
    )}</ol>
    ${why.events.length === 0 && html`<p class="none">None is known.</p>`}
  </section>`;
}
