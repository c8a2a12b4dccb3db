/** Which page this is, by the path. */
import { render } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { AppPage } from './app-page.js';
import { html, type View } from './html.js';
import { type Live, LiveNode } from './live.js';
import { NodePage } from './node-page.js';

const node = new LiveNode();
const app = /^\/apps\/([^/]+)\/why$/.exec(location.pathname)?.[1];

function Page(): View {
  const [live, setLive] = useState<Live>(node.live);
  useEffect(() => node.subscribe(setLive), []);
  const { state } = live;
  if (state === null) {
    return html`<p class="wait" role="status">${live.isConnected || node.live.change !== null ? 'Reading …' : 'Asking the node …'}</p>`;
  }
  document.title = titleOf(state.frame.node.name);
  return app === undefined
    ? html`<${NodePage} state=${state} live=${live} />`
    : html`<${AppPage} name=${decodeURIComponent(app)} state=${state} live=${live} />`;
}

function titleOf(name: string): string {
  return app === undefined ? `${name} – autoproxy` : `${decodeURIComponent(app)} on ${name} – autoproxy`;
}

const root = document.getElementById('root');
if (root !== null) {
  root.textContent = '';
  render(html`<${Page} />`, root);
  node.start();
}
