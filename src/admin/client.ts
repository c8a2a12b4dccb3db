/** The admin API of a node as the command line sees it; each failure says what to do. */
import type { AdminState } from '../model/app.js';
import { escapeText } from '../model/problem.js';
import { type AdminClientOptions, ClientConnection } from './client-connection.js';
import { AdminClientError, NAME_IT } from './client-error.js';
import type { ConfigDocument } from './config-document.js';
import { endpointPath } from './endpoints.js';
import type { EventsDocument, EventsQuery } from './events-document.js';
import { eventsQueryText } from './events-query.js';
import type { SessionsDocument } from './sessions-document.js';
import type { StateDocument } from './state-document.js';
import type { WhyDocument } from './why-document.js';

/** In force; `saved: false` means that a restart of the node forgets it, and `reason` says why. */
export interface StateChange {
  readonly app: string;
  readonly instance: string | null;
  readonly state: AdminState;
  readonly saved: boolean;
  readonly reason?: string;
}

const MAX_REASON_LENGTH = 1_000;

export class AdminClient {
  readonly #connection: ClientConnection;

  /** @throws AdminClientError when the address is none */
  constructor(options: AdminClientOptions) {
    this.#connection = new ClientConnection(options);
  }

  get address(): string {
    return this.#connection.address;
  }

  /** @throws AdminClientError */
  async readState(): Promise<StateDocument> {
    return (await this.#readDocument(endpointPath('state'), 'apps')) as StateDocument;
  }

  /** @throws AdminClientError; `refused` with status 404 for an app that nobody has heard of */
  async readWhy(app: string): Promise<WhyDocument> {
    return (await this.#readDocument(endpointPath('why', { app }), 'definitions')) as WhyDocument;
  }

  /** @throws AdminClientError */
  async readEvents(query: Partial<EventsQuery> = {}): Promise<EventsDocument> {
    const path = endpointPath('events') + eventsQueryText(query);
    return (await this.#readDocument(path, 'events', query.waitMs)) as EventsDocument;
  }

  /** @param app null: of all. @throws AdminClientError */
  async readSessions(app: string | null): Promise<SessionsDocument> {
    const query = app === null ? '' : `?app=${encodeURIComponent(app)}`;
    return (await this.#readDocument(endpointPath('sessions') + query, 'sessions')) as SessionsDocument;
  }

  /** @throws AdminClientError */
  async readConfig(): Promise<ConfigDocument> {
    return (await this.#readDocument(endpointPath('config'), 'options')) as ConfigDocument;
  }

  /** @param list a field that the document has, and that is a list */
  async #readDocument(path: string, list: string, waitMs = 0): Promise<unknown> {
    const { status, text } = await this.#connection.ask('GET', path, waitMs);
    const document = documentFrom(text);
    const version = fieldOf(document, 'version');
    if (status === 200 && version === 1 && Array.isArray(fieldOf(document, list))) return document;
    if (status === 200 && typeof version === 'number') {
      const hint = 'use the autoproxy command of the same release as the node';
      throw new AdminClientError('foreign', `the node at ${this.address} runs another release`, hint, status);
    }
    throw this.#refusalFrom(status, document);
  }

  /**
   * @returns null when the node is ready, else what it says about itself, such as `not ready: no slot is bound: ...`
   * @throws AdminClientError when it does not answer at all
   */
  async readNotReady(): Promise<string | null> {
    const { status, text } = await this.#connection.ask('GET', endpointPath('ready'));
    if (status === 200) return null;
    if (status === 503) return escapeText(text.trim().slice(0, MAX_REASON_LENGTH));
    throw this.#refusalFrom(status, documentFrom(text));
  }

  /**
   * @param instance `ip:port`, a container by name or id, or null for all instances of the app
   * @throws AdminClientError; `refused` with status 404 when there is no such app or instance
   */
  async setAdminState(app: string, instance: string | null, state: AdminState): Promise<StateChange> {
    const path =
      instance === null
        ? endpointPath('set-app-state', { app, state })
        : endpointPath('set-instance-state', { app, id: instance, state });
    const { status, text } = await this.#connection.ask('POST', path);
    const document = documentFrom(text);
    if (status === 200 && typeof fieldOf(document, 'saved') === 'boolean') return document as StateChange;
    throw this.#refusalFrom(status, document);
  }

  /** @throws AdminClientError; `refused` with status 404 when nothing of this source is held back */
  async acceptRemoval(source: string): Promise<void> {
    const { status, text } = await this.#connection.ask('POST', endpointPath('accept-removal', { name: source }));
    const document = documentFrom(text);
    if (status !== 200 || fieldOf(document, 'accepted') !== true) throw this.#refusalFrom(status, document);
  }

  /** Ends what it asks; who waits for that gets an AdminClientError. */
  close(): void {
    this.#connection.close();
  }

  #refusalFrom(status: number, document: unknown): AdminClientError {
    const said = fieldOf(document, 'error');
    if (typeof said !== 'string') {
      const message = `what listens on ${this.address} is not an autoproxy node (it answered ${status})`;
      return new AdminClientError('foreign', message, NAME_IT, status);
    }
    const hint = fieldOf(document, 'hint');
    const advice = typeof hint === 'string' ? hint : 'autoproxy status lists apps and instances';
    return new AdminClientError('refused', escapeText(said), escapeText(advice), status);
  }
}

/** @returns null for text that is not JSON */
function documentFrom(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function fieldOf(document: unknown, name: string): unknown {
  return typeof document === 'object' && document !== null
    ? Object.getOwnPropertyDescriptor(document, name)?.value
    : undefined;
}
