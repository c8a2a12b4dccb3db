/** The head of each page: which node, how it is, how long it runs, and whether the page is live. */
import type { PageFrame } from '../page/page-document.js';
import { formatDuration } from './format.js';
import { html, type View } from './html.js';
import { Chip } from './signs.js';

interface MastheadProps {
  readonly frame: PageFrame;
  readonly now: number;
  readonly isConnected: boolean;
  /** Set on a page that is not the first. */
  readonly app?: string;
}

export function Masthead({ frame, now, isConnected, app }: MastheadProps): View {
  const { name, pod, status, notReady, startedAt, revision, appliedRevision } = frame.node;
  const behind = appliedRevision < revision ? `, applied ${appliedRevision}` : '';
  return html`<header class="masthead">
    <nav aria-label="Pages"><a class="brand" href="/"><img src="/page/files/icon.svg" alt="" width="22" height="22" />autoproxy</a>
      ${app !== undefined && html`<span class="crumb" aria-hidden="true">/</span><span class="crumb">${app}</span>`}
    </nav>
    <dl>
      <div><dt>Node</dt><dd>${name}${pod !== null && html` <span class="small">pod ${pod}</span>`}</dd></div>
      <div><dt>State</dt><dd><${Chip} tone=${status === 'ready' ? 'good' : 'warn'} word=${status} /></dd></div>
      <div class="mid"><dt>Runs for</dt><dd>${formatDuration((now - startedAt) / 1_000)}</dd></div>
      <div class="mid"><dt>Revision</dt><dd>${revision}${behind}</dd></div>
      <div><dt>Page</dt><dd><${Chip} tone=${isConnected ? 'good' : 'bad'} word=${isConnected ? 'live' : 'no answer'} /></dd></div>
    </dl>
    ${notReady !== null && status !== 'stopping' && html`<p class="notready">Not ready: ${notReady}</p>`}
  </header>`;
}
