/** Real HAProxy at the front door, apps behind it that say who they are and what they were asked, and a client. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import { connect as connectTcp, type Socket } from 'node:net';
import path from 'node:path';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { writeReleaseFiles } from '../../../src/cli/edge/release-files.js';
import type { AppDefinition } from '../../../src/model/app-definition.js';
import { encodeV1, encodeV2 } from '../../../src/proxy-protocol/encode.js';
import { freePort, ownAddress } from '../addresses.js';
import { atEnd, type Ending } from '../at-end.js';
import { eventually } from '../eventually.js';
import { holdsListener } from '../machine/processes.js';
import { RawConnection, type RawResponse } from '../traffic/raw-connection.js';
import { definitionsOf, edgeFolder, renderOf, siteOf, siteText } from './edge-release.js';
import { runHaproxy } from './haproxy-process.js';
import { haproxyOfVersion, type TestedVersion } from './haproxy-versions.js';

const ANSWER_MS = 5_000;
/** Who asks, where nobody else is named. */
const CLIENT = '127.0.0.9';

export interface EdgeSetting {
  readonly apps: string;
  /** Value of `servers` in edge.yml; without it each app has a double, at its slot of a node of its own, in pod alpha. */
  readonly servers?: string;
  /** Of the PROXY header that the balancer writes. */
  readonly headerVersion?: 1 | 2;
  /** Further keys of edge.yml, as lines. */
  readonly site?: string;
  /** Further keys of its `process`: `buffer: 30k`. */
  readonly process?: string;
  readonly version: TestedVersion;
}

export interface EdgeRequest {
  readonly target?: string;
  readonly method?: string;
  /** All Host lines. */
  readonly hosts: readonly string[];
  /** undefined: the first host without its port; null: plain HTTP. */
  readonly sni?: string | null | undefined;
  readonly fields?: readonly string[];
  /** The client's address in the PROXY header. */
  readonly client?: string;
  readonly body?: string;
}

/** What an app says that it was asked. */
export interface Seen {
  readonly app: string;
  readonly target: string;
  readonly fields: Readonly<Record<string, string>>;
}

export interface EdgePorts {
  readonly http: number;
  readonly https: number;
  readonly health: number;
  readonly admin: number;
  readonly peer: number;
}

export async function freeEdgePorts(address: string): Promise<EdgePorts> {
  return {
    http: await freePort(address),
    https: await freePort(address),
    health: await freePort(address),
    admin: await freePort(address),
    peer: await freePort('127.0.0.1'),
  };
}

/** What is asked of a front door, wherever it came from. */
export class EdgeClient {
  readonly folder: string;
  readonly address: string;
  readonly ports: EdgePorts;
  readonly #header: (client: string) => Buffer;

  constructor(folder: string, address: string, ports: EdgePorts, headerVersion: 1 | 2 = 1) {
    this.folder = folder;
    this.address = address;
    this.ports = ports;
    const encode = headerVersion === 1 ? encodeV1 : encodeV2;
    this.#header = (client) =>
      encode({
        source: { address: client, port: 4_711 },
        destination: { address: client.includes(':') ? '2001:db8::443' : '192.0.2.1', port: 443 },
      });
  }

  async open(sni: string | null, client = CLIENT): Promise<RawConnection> {
    return new RawConnection(await (sni === null ? this.#connect(this.ports.http, client) : this.secure(sni, client)));
  }

  /** A connection on which TLS is spoken; a refused handshake rejects. */
  async secure(sni: string, client = CLIENT, protocols: readonly string[] = ['http/1.1']): Promise<TLSSocket> {
    return secured(await this.#connect(this.ports.https, client), sni, protocols);
  }

  async #connect(port: number, client: string): Promise<Socket> {
    const socket = connectTcp({ host: this.address, port });
    // Whatever is awaited on it ends then: a handshake, too.
    socket.setTimeout(3 * ANSWER_MS, () => socket.destroy(new Error('nothing moves')));
    await once(socket, 'connect');
    socket.write(this.#header(client));
    return socket;
  }

  /** One request on a connection of its own. A refused handshake rejects. */
  async ask({
    target = '/',
    method = 'GET',
    hosts,
    sni,
    fields = [],
    client,
    body = '',
  }: EdgeRequest): Promise<RawResponse> {
    const name = (hosts[0] ?? '').toLowerCase().replace(/:\d+$/, '').replace(/\.$/, '');
    const connection = await this.open(sni === undefined ? name : sni, client);
    const lines = [`${method} ${target} HTTP/1.1`, ...hosts.map((host) => `Host: ${host}`), ...fields];
    connection.write(`${lines.join('\r\n')}\r\n\r\n${body}`);
    // One that is never answered would hold up the whole file.
    const timer = setTimeout(() => connection.socket.destroy(new Error('no answer in time')), ANSWER_MS);
    try {
      return await connection.response(method);
    } finally {
      clearTimeout(timer);
      connection.close();
    }
  }
}

export class EdgeProcess extends EdgeClient {
  static async start(
    context: Ending,
    { apps, site = '', process, version, servers, headerVersion = 1 }: EdgeSetting,
  ): Promise<EdgeProcess> {
    const folder = edgeFolder(context);
    const address = ownAddress();
    const node = ownAddress();
    const ports = await freeEdgePorts(address);
    const definitions = definitionsOf(apps);
    if (servers === undefined) for (const app of definitions) await startApp(context, app, node);
    const text = siteText(
      folder,
      `servers: ${servers ?? `{nodes: {alpha: [${node}]}, send_proxy: none}`}
${listenText(address, ports)}
process: {run_dir: ${folder}/run, threads: 1, max_connections: 200${process === undefined ? '' : `, ${process}`}}
${site}`,
    );
    const rendered = await renderOf(siteOf(text, folder), definitions);
    if (rendered.refused.length > 0) throw new Error(JSON.stringify(rendered.problems));
    await writeReleaseFiles(path.join(folder, 'release'), rendered.release);
    const edge = new EdgeProcess(folder, address, ports, headerVersion);
    const { pid = 0 } = await runHaproxy(context, {
      program: haproxyOfVersion(version),
      file: path.join(folder, 'release/haproxy.cfg'),
      awaited: { host: address, port: ports.health },
    });
    // It binds one after the other.
    const isBound = (port: number): boolean => holdsListener(pid, port);
    await eventually('clients may come', () => isBound(ports.http) && isBound(ports.https));
    return edge;
  }
}

/** Of edge.yml. */
export function listenText(address: string, { http, https, health, admin, peer }: EdgePorts): string {
  return `listen: {address: ${address}, http_port: ${http}, https_port: ${https}, health_port: ${health}, admin: "${address}:${admin}", peer_port: ${peer}}`;
}

export function seenBy({ body }: RawResponse): Seen {
  return JSON.parse(body) as Seen;
}

async function secured(socket: Socket, servername: string, protocols: readonly string[]): Promise<TLSSocket> {
  const secure = connectTls({ socket, servername, rejectUnauthorized: false, ALPNProtocols: [...protocols] });
  await new Promise<void>((resolve, reject) => {
    secure.once('secureConnect', resolve);
    secure.once('error', reject);
    secure.once('close', () => reject(new Error('closed before the handshake was done')));
  });
  return secure;
}

/** Answers who it is and what it got, with the status of `/status/404`; `/held` it never answers. */
export async function startApp(context: Ending, app: AppDefinition, node: string): Promise<void> {
  const traffic = createServer({ maxHeaderSize: 131_072 }, (request, response) => {
    request.resume();
    if (request.url === '/held') return;
    response.statusCode = Number(/^\/status\/(\d{3})$/.exec(request.url ?? '')?.[1] ?? 200);
    const seen: Seen = { app: app.name, target: request.url ?? '', fields: request.headers as Record<string, string> };
    response.end(JSON.stringify(seen));
  });
  const health = createServer((_request, response) => void response.end('ok'));
  for (const [server, port] of [
    [traffic, app.slot ?? 0],
    [health, (app.slot ?? 0) + 1],
  ] as const) {
    server.listen(port, node);
    await once(server, 'listening');
    atEnd(context, () => {
      server.closeAllConnections();
      server.close();
    });
  }
}
