import type { AdminNode, SetAdminStateOutcome, WhyOutcome } from '../admin/admin-node.js';
import type { ConfigDocument } from '../admin/config-document.js';
import type { EventsDocument, EventsQuery, NodeEvent } from '../admin/events-document.js';
import type { ProxyView } from '../admin/haproxy/proxy-view.js';
import type { SessionsDocument } from '../admin/sessions-document.js';
import type { StateDocument } from '../admin/state-document.js';
import type { ControlPlane } from '../control/control-plane.js';
import type { Readiness } from '../control/readiness.js';
import { SharedAnswer } from '../core/shared-answer.js';
import type { ExpositionInput } from '../metrics/exposition/input.js';
import type { AdminState } from '../model/app.js';
import type { AppWhy } from './app-why.js';
import type { History } from './history.js';
import type { NodeMetrics } from './node-metrics.js';
import type { NodeSessions } from './node-sessions.js';
import type { NodeStatus } from './node-status.js';
import type { OperatorDecisions } from './operator-decisions.js';
import type { PageFeed } from './page-feed.js';
import type { ProxyStats } from './proxy-stats.js';

interface LocalNodeParts {
  readonly status: NodeStatus;
  readonly why: AppWhy;
  readonly metrics: NodeMetrics;
  readonly history: History;
  readonly options: ConfigDocument;
  readonly proxies: ProxyStats;
  readonly sessions: NodeSessions;
  readonly decisions: OperatorDecisions;
  readonly plane: ControlPlane;
  readonly readiness: Readiness;
  readonly page: PageFeed;
}

/** What the admin API may ask of this node and change in it. */
export class LocalNode implements AdminNode {
  readonly page: PageFeed;
  readonly #parts: LocalNodeParts;
  // Each asks all workers, and the kernel of each.
  readonly #state: SharedAnswer<StateDocument>;
  readonly #metrics: SharedAnswer<ExpositionInput>;
  readonly #proxies: SharedAnswer<ProxyView>;

  constructor(parts: LocalNodeParts) {
    this.#parts = parts;
    this.page = parts.page;
    this.#state = new SharedAnswer(() => parts.status.document());
    this.#metrics = new SharedAnswer(() => parts.metrics.read());
    this.#proxies = new SharedAnswer(() => parts.proxies.view());
  }

  notReadyReason(): string | null {
    return this.#parts.readiness.reason();
  }

  isStopping(): boolean {
    return this.#parts.plane.isStopping;
  }

  state(): Promise<StateDocument> {
    return this.#state.ask();
  }

  async why(app: string): Promise<WhyOutcome> {
    const { why } = this.#parts;
    const document = await why.document(app);
    return document === null ? { ok: false, ...why.unknown(app) } : { ok: true, document };
  }

  config(): ConfigDocument {
    return this.#parts.options;
  }

  metrics(): Promise<ExpositionInput> {
    return this.#metrics.ask();
  }

  events(query: EventsQuery, end: AbortSignal): Promise<EventsDocument> {
    return this.#parts.history.document(query, end);
  }

  onEvent(listener: (event: NodeEvent) => void): () => void {
    return this.#parts.history.events.onNoted(listener);
  }

  proxies(): Promise<ProxyView> {
    return this.#proxies.ask();
  }

  setAdminState(app: string, instance: string | null, state: AdminState, by: string): Promise<SetAdminStateOutcome> {
    return this.#parts.decisions.setAdminState(app, instance, state, by);
  }

  setWeight(app: string, instance: string, weight: number | null, by: string): Promise<SetAdminStateOutcome> {
    return this.#parts.decisions.setWeight(app, instance, weight, by);
  }

  sessions(app: string | null): Promise<SessionsDocument> {
    return this.#parts.sessions.document(app);
  }

  killSession(id: string, by: string): Promise<boolean | null> {
    return this.#parts.sessions.kill(id, by);
  }

  cutInstance(app: string, instance: string, by: string): void {
    this.#parts.decisions.cutInstance(app, instance, by);
  }

  clearMaxima(): Promise<void> {
    return this.#parts.proxies.clearMaxima();
  }

  acceptRemoval(source: string, by: string): boolean {
    return this.#parts.decisions.acceptRemoval(source, by);
  }
}
