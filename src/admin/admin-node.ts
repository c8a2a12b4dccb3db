import type { ExpositionInput } from '../metrics/exposition/input.js';
import type { AdminState } from '../model/app.js';
import type { ConfigDocument } from './config-document.js';
import type { EventsDocument, EventsQuery, NodeEvent } from './events-document.js';
import type { ProxyView } from './haproxy/proxy-view.js';
import type { PageSource } from './page/page-source.js';
import type { SessionsDocument } from './sessions-document.js';
import type { StateDocument } from './state-document.js';
import type { WhyDocument } from './why-document.js';

/** All that the admin API knows of the node that it speaks for. */
export interface AdminNode {
  /** What its pages are told. */
  readonly page: PageSource;
  state(): Promise<StateDocument>;
  /** One app, and the reasons of all that it is. */
  why(app: string): Promise<WhyOutcome>;
  /** What happened. @param end aborts the wait that the query asks for */
  events(query: EventsQuery, end: AbortSignal): Promise<EventsDocument>;
  /** @param listener is told of each event as it happens, and must not throw. @returns ends that */
  onEvent(listener: (event: NodeEvent) => void): () => void;
  /** The options in force, without secrets. */
  config(): ConfigDocument;
  metrics(): Promise<ExpositionInput>;
  /** What HAProxy's tools ask for. */
  proxies(): Promise<ProxyView>;
  /** Why the node does not do its work, in one line; null when it is ready. */
  notReadyReason(): string | null;
  isStopping(): boolean;
  /**
   * In force when the promise resolves.
   * @param instance `ip:port`, a container by name or id; null: all instances of the app
   * @param by who asks, safe for a terminal
   */
  setAdminState(app: string, instance: string | null, state: AdminState, by: string): Promise<SetAdminStateOutcome>;
  /**
   * As `setAdminState`, of one instance.
   * @param weight 0 to 256; null: what the source says again
   */
  setWeight(app: string, instance: string, weight: number | null, by: string): Promise<SetAdminStateOutcome>;
  /** What is under way. @param app null: of all */
  sessions(app: string | null): Promise<SessionsDocument>;
  /** Ends what is under way under an id. @returns false for an unknown id; null: its worker does not answer */
  killSession(id: string, by: string): Promise<boolean | null>;
  /** Ends what is under way with an instance, at once. */
  cutInstance(app: string, instance: string, by: string): void;
  /** The maxima of HAProxy's statistics begin anew. */
  clearMaxima(): Promise<void>;
  /** @returns false when no removal of this source is held */
  acceptRemoval(source: string, by: string): boolean;
}

export type WhyOutcome =
  | { readonly ok: true; readonly document: WhyDocument }
  /** Nobody has heard of such an app. */
  | { readonly ok: false; readonly message: string; readonly hint: string };

export type SetAdminStateOutcome =
  /** `saved: false`: in force, but a restart forgets it; `reason` says why. */
  | { readonly ok: true; readonly saved: boolean; readonly reason?: string }
  | { readonly ok: false; readonly status: 404; readonly message: string };
