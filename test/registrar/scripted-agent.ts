/**
 * An agent on a script: it answers as Consul's does (seen with 1.8) until the test says otherwise. A real one stands in
 * registrar.test.ts; what it does only when it is in trouble, or after many seconds, is told here.
 */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ServiceRegistration } from '../../src/consul/agent-services.js';
import type { CheckEntry } from '../../src/consul/answers.js';
import { ownAddress } from '../support/addresses.js';
import { atEnd, type Ending } from '../support/at-end.js';
import { eventually } from '../support/eventually.js';

interface AgentService {
  readonly ID: string;
  readonly Service: string;
  readonly Tags: readonly string[];
  readonly Address: string;
  readonly Port: number;
  readonly Meta: Readonly<Record<string, string>>;
}

interface AgentCheck {
  readonly CheckID: string;
  readonly ServiceID: string;
  readonly Status: string;
  readonly Output: string;
}

interface Registration extends Omit<AgentService, 'Service'> {
  readonly Name: string;
  readonly Checks: readonly Pick<AgentCheck, 'CheckID' | 'Status'>[];
}

/** What an answer is instead of the usual one. */
type Answer = { readonly status: number; readonly body: string } | 'silent' | 'broken';

/** As Consul says it of a token without the right. */
export const DENIED: Answer = { status: 403, body: 'Permission denied' };
export const FAILING: Answer = { status: 500, body: 'No cluster leader' };

export class ScriptedAgent {
  url = '';
  readonly services = new Map<string, AgentService>();
  readonly checks = new Map<string, AgentCheck>();
  /** Such as `PUT /agent/service/register shop`: method, path behind /v1 without its query, and the id in the body. */
  readonly requests: string[] = [];
  /** For requests whose text begins so. */
  readonly answers = new Map<string, Answer>();
  /** false: it says yes to a registration and does not keep it. */
  isKeeping = true;
  /** As Consul does with 500, where a check is told that the agent does not have. */
  refusesUnknownChecks = false;
  readonly #held = new Set<() => void>();
  /** Ids of the services that the servers show of its machine; null: they do not answer. */
  #catalogue: readonly string[] | null = null;
  #catalogueIndex = 0;
  readonly #followers = new Set<() => void>();

  static async start(context: Ending): Promise<ScriptedAgent> {
    const agent = new ScriptedAgent();
    const server = createServer((request, response) => void agent.#onRequest(request, response));
    server.listen(0, ownAddress());
    await once(server, 'listening');
    const { address, port } = server.address() as AddressInfo;
    agent.url = `http://${address}:${port}`;
    atEnd(context, () => {
      server.closeAllConnections();
      server.close();
    });
    return agent;
  }

  /** Questions for a change of a service that wait. */
  get held(): number {
    return this.#held.size;
  }

  /** Those that wait get their answer: time is up, or the service has changed. */
  release(): void {
    for (const answer of this.#held) answer();
  }

  /** From now on the servers show those of its services. */
  show(ids: readonly string[]): void {
    this.#catalogue = ids;
    this.#catalogueIndex += 1;
    for (const answer of this.#followers) answer();
  }

  /** Requests whose text begins so. */
  countOf(beginning: string): number {
    return this.requests.filter((text) => text.startsWith(beginning)).length;
  }

  /** Until so many requests whose text begins so have come since the start. */
  hasBeenAsked(beginning: string, times: number): Promise<void> {
    return eventually(`${beginning} is asked ${times} times`, () => this.countOf(beginning) >= times);
  }

  /** As another registrar would write it. */
  put({ id, name, tags, address, port, meta, checks }: ServiceRegistration, status: CheckEntry['status']): void {
    const service = { ID: id, Service: name, Tags: tags, Address: address, Port: port, Meta: Object.fromEntries(meta) };
    this.services.set(id, service);
    for (const check of checks) {
      this.checks.set(check.id, { CheckID: check.id, ServiceID: id, Status: status, Output: '' });
    }
  }

  async #onRequest(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const { pathname, searchParams } = new URL(request.url ?? '', this.url);
    const path = decodeURIComponent(pathname.replace(/^\/v1/, ''));
    const body = chunks.length === 0 ? {} : (JSON.parse(Buffer.concat(chunks).toString()) as Partial<Registration>);
    const text = [request.method, path, ...(body.ID === undefined ? [] : [body.ID])].join(' ');
    this.requests.push(text);
    const other = [...this.answers].find(([beginning]) => text.startsWith(beginning))?.[1];
    if (other === 'silent') return;
    if (other === 'broken') return void response.destroy();
    if (other !== undefined) return void response.writeHead(other.status).end(other.body);
    const id = path.replace(/^\/agent\/(?:service|check)\/(?:(?:deregister|update)\/)?/, '');
    if (path.startsWith('/catalog/node/')) return this.#tellCatalogue(Number(searchParams.get('index')), response);
    if (path === '/agent/services') send(response, Object.fromEntries(this.services));
    else if (path === '/agent/checks') send(response, Object.fromEntries(this.checks));
    else if (request.method === 'GET') this.#tellService(id, searchParams.get('hash'), response);
    else {
      const isUnknown = this.refusesUnknownChecks && path.startsWith('/agent/check/update/') && !this.checks.has(id);
      this.#write(path, id, body);
      if (isUnknown) response.writeHead(500).end('CheckID does not have associated TTL');
      else response.end();
    }
  }

  #write(path: string, id: string, body: object): void {
    if (path === '/agent/service/register') this.#register(body as Registration);
    else if (path.startsWith('/agent/service/deregister/')) {
      this.services.delete(id);
      for (const [key, { ServiceID }] of this.checks) if (ServiceID === id) this.checks.delete(key);
    } else if (path.startsWith('/agent/check/deregister/')) this.checks.delete(id);
    else {
      const check = this.checks.get(id);
      if (check !== undefined) this.checks.set(id, { ...check, ...(body as { Status: string; Output: string }) });
    }
  }

  #register({ Name, Checks, ...rest }: Registration): void {
    if (!this.isKeeping) return;
    this.services.set(rest.ID, { ...rest, Service: Name });
    for (const { CheckID, Status } of Checks) {
      const there = this.checks.get(CheckID);
      this.checks.set(CheckID, there ?? { CheckID, ServiceID: rest.ID, Status, Output: '' });
    }
  }

  #tellCatalogue(asked: number, response: ServerResponse): void {
    const answer = (): void => {
      this.#followers.delete(answer);
      response.setHeader('x-consul-index', this.#catalogueIndex);
      response.setHeader('x-consul-knownleader', 'true');
      response.setHeader('x-consul-lastcontact', '0');
      const shown = [...this.services].filter(([id]) => this.#catalogue?.includes(id));
      send(response, { Node: { Node: 'c1', Address: '127.0.0.1' }, Services: Object.fromEntries(shown) });
    };
    if (this.#catalogue !== null && asked < this.#catalogueIndex) answer();
    else this.#followers.add(answer);
  }

  #tellService(id: string, asked: string | null, response: ServerResponse): void {
    const answer = (): void => {
      this.#held.delete(answer);
      const service = this.services.get(id);
      if (service === undefined) {
        response.writeHead(404).end(`unknown service ID: ${id}`);
        return;
      }
      response.setHeader('x-consul-contenthash', hashOf(service));
      send(response, service);
    };
    const service = this.services.get(id);
    if (service === undefined || hashOf(service) !== asked) {
      answer();
      return;
    }
    this.#held.add(answer);
    response.once('close', () => this.#held.delete(answer));
  }
}

function hashOf(service: AgentService): string {
  return createHash('sha256').update(JSON.stringify(service)).digest('hex').slice(0, 16);
}

function send(response: ServerResponse, body: unknown): void {
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify(body));
}
