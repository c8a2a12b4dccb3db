/** The first page: the node with all its apps, now or at a moment of the past. */
import { useEffect, useMemo, useState } from 'preact/hooks';
import type { PastDocument } from '../page/page-document.js';
import { AppsTable } from './apps-table.js';
import { consequenceOf } from './consequence.js';
import { DecisionDialog } from './decision.js';
import { FigureCharts } from './figures-charts.js';
import { formatTime } from './format.js';
import { html, type View } from './html.js';
import type { Live } from './live.js';
import { Masthead } from './masthead.js';
import { NewsLines, useNews } from './news.js';
import type { NodeState } from './node-state.js';
import { acceptRemoval, type Change, readPast } from './requests.js';
import { Problems, Surroundings } from './surroundings.js';
import { Timeline } from './timeline.js';

interface NodePageProps {
  readonly state: NodeState;
  readonly live: Live;
}

export function NodePage({ state, live }: NodePageProps): View {
  const [asked, setAsked] = useState<Change | null>(null);
  const { at, past, failure, stand } = usePast();
  const { lines, say } = useNews(live);
  const { frame, total, history } = state;
  const table = useMemo(() => tableOf(state, past), [state, past]);
  const accept = (source: string): void => void acceptRemoval(source).then(say, (error: unknown) => say(String(error)));
  const askedApp = asked === null ? undefined : state.apps.get(asked.app);
  return html`<${Masthead} frame=${frame} now=${state.at} isConnected=${live.isConnected} />
    <main id="main" tabindex="-1">
      <h1 class="unseen">Node ${frame.node.name}</h1>
      <${Problems} problems=${frame.problems} />
      <${FigureCharts} history=${history} title="All apps" at=${at} />
      ${
        at !== null &&
        html`<div class="past" role="status">
        <span>${failure ?? `The apps as they were at ${formatTime(at, state.at)}`}</span>
        <button type="button" onClick=${() => stand(null)}>Back to now</button>
      </div>`
      }
      <${AppsTable} ...${table} now=${state.at} onAsk=${past === null ? setAsked : null} />
      <${Timeline} events=${state.events} now=${state.at} at=${at} onStand=${stand} />
      <${Surroundings} frame=${frame} onAccept=${accept} />
      <p class="unseen">${total[0]} requests per second</p>
    </main>
    <${NewsLines} lines=${lines} />
    ${
      asked !== null &&
      askedApp !== undefined &&
      html`<${DecisionDialog} change=${asked} consequence=${consequenceOf(askedApp, asked)}
      onEnd=${(words: string | null) => {
        setAsked(null);
        if (words !== null) say(words);
      }} />`
    }`;
}

function tableOf(state: NodeState, past: PastDocument | null): Pick<NodeState, 'apps' | 'figures' | 'trends'> {
  if (past === null) return state;
  return {
    apps: new Map(past.apps.map((app) => [app.name, app])),
    figures: new Map(past.figures),
    trends: new Map(),
  };
}

interface Past {
  readonly at: number | null;
  /** null while it is asked for, too: the table stays as it is. */
  readonly past: PastDocument | null;
  readonly failure: string | null;
  readonly stand: (at: number | null) => void;
}

function usePast(): Past {
  const [at, stand] = useState<number | null>(null);
  const [past, setPast] = useState<PastDocument | null>(null);
  const [failure, setFailure] = useState<string | null>(null);
  useEffect(() => {
    setFailure(null);
    if (at === null) {
      setPast(null);
      return;
    }
    let isWanted = true;
    readPast(at).then(
      (document) => isWanted && setPast(document),
      (error: unknown) => {
        if (!isWanted) return;
        setPast(null);
        setFailure(String(error).replace(/^\w*Error: /, ''));
      },
    );
    return () => {
      isWanted = false;
    };
  }, [at]);
  useEffect(() => {
    const onKey = ({ key }: KeyboardEvent): void => {
      if (key === 'Escape') stand(null);
    };
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  }, []);
  return { at, past, failure, stand };
}
