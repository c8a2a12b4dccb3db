/** What a node answers, without a node: the server is real, the answers are the test's. */

import type { TestContext } from 'node:test';
import type { AdminNode, SetAdminStateOutcome, WhyOutcome } from '../../src/admin/admin-node.js';
import type { ConfigDocument } from '../../src/admin/config-document.js';
import type { EventsDocument, EventsQuery, NodeEvent } from '../../src/admin/events-document.js';
import type { ProxyView } from '../../src/admin/haproxy/proxy-view.js';
import type { FigureHistory, PageChange, PageDocument, PastDocument } from '../../src/admin/page/page-document.js';
import type { PageSource } from '../../src/admin/page/page-source.js';
import { type AdminServer, type AdminServerOptions, startAdminServer } from '../../src/admin/server.js';
import type { SessionsDocument } from '../../src/admin/sessions-document.js';
import type { StateDocument } from '../../src/admin/state-document.js';
import type { WhyDocument } from '../../src/admin/why-document.js';
import type { ExpositionInput } from '../../src/metrics/exposition/input.js';
import { createHistogram } from '../../src/metrics/histogram.js';
import type { AdminState } from '../../src/model/app.js';
import { appOf, inputOf } from '../metrics/exposition/inputs.js';
import { atEnd } from '../support/at-end.js';
import { appView, instanceAt, proxyView, serverView } from './haproxy/views.js';

export interface Decision {
  readonly app: string;
  readonly instance: string | null;
  readonly state: AdminState;
  readonly by: string;
}

export const STATE: StateDocument = {
  version: 1,
  node: 'alpha-1',
  pod: 'alpha',
  pid: 1,
  status: 'ready',
  notReady: null,
  uptimeMs: 1_000,
  bind: '127.0.0.1',
  revision: 3,
  appliedRevision: 3,
  workers: [],
  sources: [],
  neighbors: [],
  nodes: [],
  apps: [
    {
      name: 'checkout',
      slot: 21_034,
      protocol: 'http',
      bound: true,
      bindError: null,
      source: 'directory',
      location: '/etc/autoproxy.d/services/checkout.yml',
      instances: [],
      neighbors: [],
      connections: 0,
      requests: 0,
      responses: [0, 0, 0, 0, 0, 0],
      errors: {},
      retries: 0,
      bled: 0,
      bledIn: 0,
      inFlight: 0,
      queued: 0,
      tunnels: 0,
      latency: { p50Ms: null, p99Ms: null },
      latencyBuckets: createHistogram(),
    },
  ],
  problems: [],
};

export const WHY: WhyDocument = {
  version: 1,
  node: 'alpha-1',
  at: '2026-01-02T03:04:05.000Z',
  app: 'checkout',
  status: 'gone',
  definitions: [],
  serving: null,
  problems: [],
  events: [],
};

export const EVENTS: EventsDocument = {
  version: 1,
  node: 'alpha-1',
  at: '2026-01-02T03:04:05.000Z',
  startedAt: '2026-01-02T03:00:00.000Z',
  last: 7,
  more: false,
  events: [{ id: 7, at: '2026-01-02T03:04:00.000Z', app: null, kind: 'start', text: 'the node starts' }],
};

export const PAGE: PageDocument = {
  at: 1_767_323_045_000,
  frame: {
    node: {
      ...{ name: 'alpha-1', pod: 'alpha', status: 'ready', notReady: null },
      ...{ startedAt: 1_767_323_000_000, revision: 3, appliedRevision: 3 },
    },
    ...{ sources: [], workers: [], nodes: [], problems: [] },
  },
  ...{ apps: [], figures: [], total: [0, 0, null, null, 0, 0, 0, 0, 0], trends: [], events: [] },
  history: { times: [], rate: [], errors: [], p50: [], p99: [] },
};

/** Tells its pages what the test says. */
export class PageDouble implements PageSource {
  readonly watchers = new Set<(change: PageChange) => void>();
  readonly pastBegin = 1_767_323_000_000;

  whole(): PageDocument {
    return PAGE;
  }

  watch(onChange: (change: PageChange) => void): () => void {
    this.watchers.add(onChange);
    return () => this.watchers.delete(onChange);
  }

  tell(change: Partial<PageChange> = {}): void {
    for (const tell of this.watchers) tell({ at: PAGE.at, apps: [], gone: [], figures: [], events: [], ...change });
  }

  past(at: number): PastDocument | null {
    return at < this.pastBegin ? null : { at, apps: [], figures: [] };
  }

  history(app: string): FigureHistory | null {
    return app === 'checkout' ? PAGE.history : null;
  }
}

export const SESSIONS: SessionsDocument = {
  version: 1,
  node: 'alpha-1',
  sessions: [
    {
      ...{ id: '0x2a00000001', app: 'checkout', protocol: 'http', client: '10.0.0.9:4711', stage: 'waiting' },
      ...{
        instance: '172.17.0.2:8080',
        isNeighbor: false,
        ageMs: 65_000,
        bytesIn: 90,
        bytesOut: 0,
        retries: 0,
        worker: 0,
      },
    },
  ],
  unlisted: 0,
  missing: [],
};

export const CONFIG: ConfigDocument = {
  version: 1,
  node: 'alpha-1',
  file: null,
  options: [{ name: 'bind', value: '::', origin: 'default', place: null, isSecret: false }],
};

export class NodeDouble implements AdminNode {
  readonly page = new PageDouble();
  readonly decisions: Decision[] = [];
  readonly heldSources = new Set(['directory']);
  notReady: string | null = null;
  stopping = false;
  /** What the next decision comes to. */
  outcome: SetAdminStateOutcome = { ok: true, saved: true };
  view: ProxyView = proxyView([appView([serverView(instanceAt('172.17.0.2', 8_080))])]);
  /** Thrown by the next question for the state. */
  failure: Error | null = null;

  async state(): Promise<StateDocument> {
    if (this.failure !== null) throw this.failure;
    return STATE;
  }

  async why(app: string): Promise<WhyOutcome> {
    if (app !== 'checkout') return { ok: false, message: `there is no app ${app}`, hint: 'did you mean checkout?' };
    return { ok: true, document: WHY };
  }

  async metrics(): Promise<ExpositionInput> {
    return inputOf({ apps: [appOf({ name: 'checkout' })] });
  }

  /** What was asked for, newest last. */
  readonly eventQueries: EventsQuery[] = [];
  /** Waits that were aborted. */
  aborted = 0;
  readonly listeners = new Set<(event: NodeEvent) => void>();

  /** A question that waits has no answer before its end. */
  async events(query: EventsQuery, end: AbortSignal): Promise<EventsDocument> {
    this.eventQueries.push(query);
    if (query.waitMs > 0) {
      await new Promise<void>((resolve) => end.addEventListener('abort', () => resolve()));
      this.aborted += 1;
    }
    return EVENTS;
  }

  onEvent(listener: (event: NodeEvent) => void): () => void {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }

  config(): ConfigDocument {
    return CONFIG;
  }

  async proxies(): Promise<ProxyView> {
    return this.view;
  }

  notReadyReason(): string | null {
    return this.notReady;
  }

  isStopping(): boolean {
    return this.stopping;
  }

  async setAdminState(
    app: string,
    instance: string | null,
    state: AdminState,
    by: string,
  ): Promise<SetAdminStateOutcome> {
    if (app !== 'checkout') return { ok: false, status: 404, message: 'no app is named so' };
    this.decisions.push({ app, instance, state, by });
    return this.outcome;
  }

  async setWeight(): Promise<SetAdminStateOutcome> {
    return this.outcome;
  }

  cutInstance(): void {}

  async clearMaxima(): Promise<void> {}

  async sessions(app: string | null): Promise<SessionsDocument> {
    const sessions = SESSIONS.sessions.filter((session) => app === null || session.app === app);
    return { ...SESSIONS, sessions };
  }

  async killSession(id: string): Promise<boolean> {
    return SESSIONS.sessions.some((session) => session.id === id);
  }

  acceptRemoval(source: string): boolean {
    return this.heldSources.delete(source);
  }
}

export interface RunningAdmin {
  readonly node: NodeDouble;
  readonly server: AdminServer;
  readonly host: string;
  readonly port: number;
  readonly origin: string;
}

export async function startAdmin(
  context: TestContext,
  options: Partial<Omit<AdminServerOptions, 'node'>> = {},
): Promise<RunningAdmin> {
  const node = new NodeDouble();
  const server = await startAdminServer({ node, address: { host: '127.0.93.1', port: 0 }, ...options });
  atEnd(context, () => server.close().catch(() => undefined));
  const { host, port } = server.address;
  return { node, server, host, port, origin: `http://${host}:${port}` };
}
