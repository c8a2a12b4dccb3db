/** What stands around the apps: sources, workers, the other nodes of the pod, problems. */
import type { PageFrame, PodNodeView, SourceView, WorkerView } from '../page/page-document.js';
import { formatAmount, formatDuration } from './format.js';
import { html, type View } from './html.js';
import { Chip } from './signs.js';
import type { Tone } from './standing.js';

interface SurroundingsProps {
  readonly frame: PageFrame;
  readonly onAccept: ((source: string) => void) | null;
}

const WORKER_TONES: Readonly<Record<WorkerView['state'], Tone>> = {
  serving: 'good',
  starting: 'idle',
  draining: 'off',
};
const NODE_TONES: Readonly<Record<PodNodeView['standing'], Tone>> = {
  counted: 'good',
  doubted: 'warn',
  leftOut: 'off',
};
const NODE_WORDS: Readonly<Record<PodNodeView['standing'], string>> = {
  counted: 'Counted',
  doubted: 'Doubted',
  leftOut: 'Left out',
};

export function Surroundings({ frame, onAccept }: SurroundingsProps): View {
  const { sources, workers, nodes } = frame;
  return html`<div class="panels">
    <section aria-labelledby="sources-title"><h2 id="sources-title">Sources</h2>
      <ul class="facts">${sources.map((source) => sourceItem(source, onAccept))}</ul>
    </section>
    <section aria-labelledby="workers-title"><h2 id="workers-title">Workers</h2>
      <ul class="facts">${workers.map((worker) => workerItem(worker, frame.node.revision))}</ul>
      ${workers.length === 0 && html`<p class="none">None runs.</p>`}
    </section>
    <section aria-labelledby="pod-title"><h2 id="pod-title">Pod</h2>
      <ul class="facts">${nodes.map(nodeItem)}</ul>
      ${nodes.length === 0 && html`<p class="none">No other node takes the bleed.</p>`}
    </section>
  </div>`;
}

/** What was written and is not right. */
export function Problems({ problems }: Pick<PageFrame, 'problems'>): View {
  if (problems.length === 0) return null;
  return html`<section class="problems" aria-labelledby="problems-title">
    <h2 id="problems-title">${formatAmount(problems.length, 'problem')}</h2>
    <ul>${problems.map(
      ({ severity, file, line, col, message, hint }) => html`<li>
        <${Chip} tone=${severity === 'error' ? 'bad' : 'warn'} word=${severity} />
        <span><code>${[file, line, col].filter((part) => part !== null).join(':')}</code> ${message}${
          hint !== null && html` <span class="hint">${hint}</span>`
        }</span>
      </li>`,
    )}</ul>
  </section>`;
}

function sourceItem(
  { name, up, stale, staleSeconds, apps, failure, isHolding }: SourceView,
  onAccept: SurroundingsProps['onAccept'],
): View {
  const tone = up && !stale ? 'good' : 'warn';
  const age = up ? 'confirmed now' : `last confirmed ${formatDuration(staleSeconds)} ago`;
  return html`<li key=${name}>
    <${Chip} tone=${tone} word=${up ? (stale ? 'Stale' : 'Up') : 'Down'} />
    <span><b>${name}</b> <span class="small">${formatAmount(apps, 'app')} · ${age}</span>
      ${failure !== null && html`<span class="small raised">${failure}</span>`}
      ${
        isHolding &&
        html`<span class="small">has lost something that is served on
        ${onAccept !== null && html`<button type="button" onClick=${() => onAccept(name)}>Accept the loss</button>`}</span>`
      }
    </span>
  </li>`;
}

function workerItem({ index, pid, state, revision, restarts }: WorkerView, newest: number): View {
  const behind =
    state === 'serving' && revision < newest ? ` · ${formatAmount(newest - revision, 'revision')} behind` : '';
  const again = restarts === 0 ? '' : ` · replaced ${restarts}× after a crash`;
  return html`<li key=${pid}>
    <${Chip} tone=${WORKER_TONES[state]} word=${state} />
    <span><b>${index}</b> <span class="small">pid ${pid}${behind}${again}</span></span>
  </li>`;
}

function nodeItem({ name, addresses, standing, remark }: PodNodeView): View {
  return html`<li key=${name}>
    <${Chip} tone=${NODE_TONES[standing]} word=${NODE_WORDS[standing]} />
    <span><b>${name}</b> <span class="small">${addresses.join(', ')}${remark === null ? '' : ` · ${remark}`}</span></span>
  </li>`;
}
