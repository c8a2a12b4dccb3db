/** The page of one app: its `why`, live. */
import { useEffect, useState } from 'preact/hooks';
import type { AppView, FigureHistory } from '../page/page-document.js';
import type { WhyDocument } from '../why-document.js';
import { Definitions, EventList, Neighbors, WhyErrors, WhyProblems } from './app-facts.js';
import { consequenceOf } from './consequence.js';
import { DecisionDialog } from './decision.js';
import { FigureCharts } from './figures-charts.js';
import { formatAmount } from './format.js';
import { html, type View } from './html.js';
import { InstancesTable } from './instances-table.js';
import type { Live } from './live.js';
import { Masthead } from './masthead.js';
import { NewsLines, useNews } from './news.js';
import { NO_FIGURES, type NodeState, withPoint } from './node-state.js';
import { type Change, readHistory, readWhy } from './requests.js';
import { Chip } from './signs.js';
import { appStanding, type Standing } from './standing.js';

interface AppPageProps {
  readonly name: string;
  readonly state: NodeState;
  readonly live: Live;
}

/** Checks and counters move on without a change of state. */
const WHY_INTERVAL_MS = 5_000;

const STANDINGS: Readonly<Record<Exclude<WhyDocument['status'], 'served'>, Standing>> = {
  pending: { tone: 'idle', word: 'Pending', why: 'a source gives it, and it will be in force in a moment' },
  refused: { tone: 'bad', word: 'Refused', why: 'it is written somewhere and not served; the problems below say why' },
  gone: { tone: 'off', word: 'Gone', why: 'it was here before; the events below say how it went' },
};

export function AppPage({ name, state, live }: AppPageProps): View {
  const app = state.apps.get(name);
  const { why, failure } = useWhy(name, app, state.at);
  const history = useHistory(name, state, live);
  const [asked, setAsked] = useState<Change | null>(null);
  const { lines, say } = useNews({ ...live, change: ownChange(live, name) });
  const standing =
    app !== undefined ? appStanding(app) : why !== null && why.status !== 'served' ? STANDINGS[why.status] : null;
  return html`<${Masthead} frame=${state.frame} now=${state.at} isConnected=${live.isConnected} app=${name} />
    <main id="main" tabindex="-1">
      <div class="bar title"><h1>${name}</h1>${standing !== null && html`<${Chip} ...${standing} />`}</div>
      <p class="verdict">${verdictOf(app, standing)}</p>
      ${failure !== null && html`<p class="failure" role="alert">${failure}</p>`}
      ${
        app !== undefined &&
        html`<${FigureCharts} history=${history} title=${name} />
        <section aria-labelledby="instances-title"><h2 id="instances-title">Instances</h2>
          <${InstancesTable} app=${app} figures=${state.figures.get(name) ?? NO_FIGURES} now=${state.at} onAsk=${setAsked} />
        </section>`
      }
      ${
        why !== null &&
        html`<${WhyProblems} why=${why} />
        <div class="panels">
          <${Definitions} why=${why} /><${Neighbors} why=${why} /><${WhyErrors} why=${why} />
        </div>
        <${EventList} why=${why} now=${state.at} />`
      }
    </main>
    <${NewsLines} lines=${lines} />
    ${
      asked !== null &&
      app !== undefined &&
      html`<${DecisionDialog} change=${asked} consequence=${consequenceOf(app, asked)}
      onEnd=${(words: string | null) => {
        setAsked(null);
        if (words !== null) say(words);
      }} />`
    }`;
}

function verdictOf(app: AppView | undefined, standing: Standing | null): string {
  if (app === undefined) return standing?.why ?? '';
  const { instances, slot, protocol, traffic } = app;
  const where = `${protocol === 'http' ? 'HTTP' : protocol} on slot ${slot}, health on ${slot + 1}`;
  if (traffic !== 'instances') return `${where}. ${standing?.why ?? ''}`;
  const taking = instances.filter(({ takesTraffic }) => takesTraffic).length;
  const all = `${where}. ${taking} of ${formatAmount(instances.length, 'instance')} take${taking === 1 ? 's' : ''} its traffic`;
  return standing?.why ? `${all}; ${standing.why}.` : `${all}.`;
}

function ownChange({ change }: Live, name: string): Live['change'] {
  return change === null ? null : { ...change, events: change.events.filter(({ app }) => app === name) };
}

function useWhy(
  name: string,
  app: AppView | undefined,
  now: number,
): { why: WhyDocument | null; failure: string | null } {
  const [why, setWhy] = useState<WhyDocument | null>(null);
  const [failure, setFailure] = useState<string | null>(null);
  const period = Math.floor(now / WHY_INTERVAL_MS);
  // It is asked again when the app changes, and once in a while.
  useEffect(() => {
    readWhy(name).then(
      (document) => {
        setWhy(document);
        setFailure(null);
      },
      (error: unknown) => setFailure(String(error).replace(/^\w*Error: /, '')),
    );
  }, [name, app, period]);
  return { why, failure };
}

const EMPTY: FigureHistory = { times: [], rate: [], errors: [], p50: [], p99: [] };

/** What the node kept, and what comes while the page is open. */
function useHistory(name: string, state: NodeState, { change }: Live): FigureHistory {
  const [history, setHistory] = useState(EMPTY);
  useEffect(() => {
    readHistory(name).then(setHistory, () => setHistory(EMPTY));
  }, [name]);
  // One point for each second that is told.
  useEffect(() => {
    if (change?.total === undefined) return;
    setHistory((before) => withPoint(before, change.at, state.figures.get(name) ?? NO_FIGURES));
  }, [change]);
  return history;
}
