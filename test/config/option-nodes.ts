/** Real nodes, each started with other values of many options, and what stands around them. */
import { writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import type { TestContext } from 'node:test';
import { NODE_FIELD } from '../../src/core/node-field.js';
import { freePort, ownAddress } from '../support/addresses.js';
import { atEnd } from '../support/at-end.js';
import { makeCertificate, type TestCertificate } from '../support/edge/test-certificates.js';
import { eventually } from '../support/eventually.js';
import { findPlace, launchNodeAt, type RunningNode } from '../support/node/node-process.js';
import { writeAtomically } from '../support/node/services-directory.js';
import { HttpInstance } from '../support/traffic/http-instance.js';
import { RawConnection, type RawResponse } from '../support/traffic/raw-connection.js';
import { answering, okResponse, ScriptedInstance } from '../support/traffic/scripted-instance.js';
import { Recorder } from './recorder.js';

/** Nodes by what they are for: two that serve, three that end, two that ask others, two that do so over TLS. */
export type NodeName =
  | 'one'
  | 'two'
  | 'tokened'
  | 'cut'
  | 'killed'
  | 'orphaned'
  | 'asking'
  | 'alsoAsking'
  | 'first'
  | 'second';

type Flags = Readonly<Record<string, string>>;

export const GET = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';

export interface Scene {
  readonly node: RunningNode;
  /** Slots by app. */
  readonly slots: Readonly<Record<string, number>>;
  /** Of the pod; what is bled comes here, and is answered. */
  readonly neighbor: readonly ScriptedInstance[];
  readonly slow: HttpInstance;
  /** What `--ip` says where it is said. */
  readonly ip: string;
  readonly consul: Recorder;
  readonly docker: Recorder;
  readonly ask: (app: string, text?: string) => Promise<RawResponse>;
}

type FlagsOf = (scene: Omit<Scene, 'node' | 'ask'>, root: string) => Flags;

function fileIn(root: string, name: string, text: string): string {
  const file = path.join(root, name);
  writeFileSync(file, text);
  return file;
}

const AUTHORITY = makeCertificate({ isAuthority: true });
const OTHER_AUTHORITY = makeCertificate({ isAuthority: true, subject: 'another authority' });
const SERVER = makeCertificate({ names: ['localhost'], issuer: AUTHORITY });
const [CLIENT_1, CLIENT_2] = ['client-1', 'client-2'].map((subject) =>
  makeCertificate({ subject, issuer: AUTHORITY, usage: 'clientAuth' }),
) as [TestCertificate, TestCertificate];

/** Consul and Docker over TLS, by certificates in files. */
function overTls(
  { consul, docker }: Pick<Scene, 'consul' | 'docker'>,
  root: string,
  client: TestCertificate,
  authority: TestCertificate,
): Flags {
  return {
    '--pod': 'alpha',
    '--consul': `https://${consul.place}`,
    '--consul-ca-file': fileIn(root, 'ca.pem', authority.certificate),
    '--consul-cert-file': fileIn(root, 'cert.pem', client.certificate),
    '--consul-key-file': fileIn(root, 'key.pem', client.key),
    '--docker': `tcp://${docker.place}`,
    '--docker-tls-verify': 'true',
    '--docker-cert-path': root,
  };
}

const NODES: Readonly<Record<NodeName, FlagsOf>> = {
  one: ({ neighbor, ip }, root) => ({
    '--stats-socket': path.join(root, 'stats.sock'),
    '--stats-socket-mode': '660',
    '--stats-socket-owner': process.getuid?.() === 0 ? ':1' : `:${process.getgid?.()}`,
    '--node': 'node-one',
    '--pod': 'alpha',
    '--neighbors': neighbor[0]?.host ?? '',
    '--ip': ip,
    '--pod-key-file': fileIn(root, 'pod.key', '0123456789abcdef0123456789abcdef\n'),
    '--internal-networks': '127.0.0.0/8',
    '--trusted-proxies': '127.0.0.0/8',
    '--send-proxy': 'v1',
    '--via': 'true',
    '--access-log': path.join(root, 'access.log'),
    '--access-log-format': '<%hr|%hs|%ST>',
    '--access-log-capture': 'User-Agent',
    '--access-log-capture-response': 'Content-Length',
    '--max-fields': '10',
    '--max-removal': '100%',
    '--drain-timeout': '10m',
  }),
  two: ({ neighbor }, root) => ({
    '--stats-socket': path.join(root, 'other.sock'),
    '--admin-socket': 'none',
    '--node': 'node-two',
    '--pod': 'beta',
    '--workers': '2',
    '--max-connections': '4',
    '--neighbors': neighbor[0]?.host ?? '',
    '--internal-networks': '203.0.113.0/24',
    '--trusted-proxies': '203.0.113.0/24',
    '--accept-proxy': 'true',
    '--max-head': '1024',
    '--max-removal': '1%',
    '--lame-duck': '10m',
  }),
  tokened: (_scene, root) => ({
    '--admin-token-file': fileIn(root, 'admin.token', 'an-admin-token-of-a-test\n'),
    '--admin-socket': path.join(root, 'admin.socket'),
    '--admin-socket-mode': '600',
    '--admin-socket-owner': process.getuid?.() === 0 ? ':1' : `:${process.getgid?.()}`,
  }),
  cut: () => ({ '--drain-timeout': '1ms', '--log-level': 'error' }),
  killed: () => ({ '--orphan-grace': '60s', '--log-format': 'json' }),
  orphaned: () => ({ '--orphan-grace': '0s', '--log-format': 'text' }),
  asking: ({ consul, docker }) => ({
    '--pod': 'alpha',
    '--backups': 'localhost',
    '--consul': `http://${consul.place}`,
    '--consul-node': 'agent-a',
    '--consul-namespace': 'team-a',
    '--consul-datacenter': 'dc7',
    '--docker': `tcp://${docker.place}`,
    '--register': 'true',
  }),
  alsoAsking: ({ consul, docker }, root) => ({
    '--pod': 'alpha',
    '--consul': `http://${consul.place}`,
    '--consul-node': 'agent-b',
    '--consul-token-file': fileIn(root, 'token', 'secret-of-file\n'),
    '--docker': `tcp://${docker.place}`,
  }),
  first: (scene, root) => ({
    ...overTls(scene, root, CLIENT_1, AUTHORITY),
    '--consul': `http://${scene.consul.place}`,
    '--consul-ssl': 'true',
  }),
  // It trusts another authority; Docker is not checked.
  second: (scene, root) => ({
    ...overTls(scene, root, CLIENT_2, OTHER_AUTHORITY),
    '--docker-tls-verify': 'false',
  }),
};

/** A token has no flag: all users of a machine may read command lines. */
const TOKENS: Readonly<Partial<Record<NodeName, string>>> = { asking: 'secret-a', alsoAsking: 'secret-b' };
/** They wait for an answer of Consul or Docker that never comes, and serve nothing. */
const UNREADY: readonly NodeName[] = ['asking', 'alsoAsking', 'first', 'second'];

const INSTANCES = ['shop', 'inner', 'open', 'slow'];
const APPS = [...INSTANCES, 'away', 'proxied', 'x1', 'x2', 'x3', 'x4', 'x5'];
const SAYS: Readonly<Record<string, string>> = {
  inner: '  internal: true\n',
  proxied: '  accept_proxy: true\n  trusted_proxies: [127.0.0.0/8]\n',
};

async function startScene(context: TestContext, name: NodeName): Promise<Scene> {
  const place = await findPlace(context);
  const services = path.join(place.root, 'services');
  await mkdir(services);
  const slots: Record<string, number> = {};
  for (const app of APPS) slots[app] = await freePort(place.host);
  const echo = await ScriptedInstance.start(
    context,
    answering((head) => okResponse(head)),
  );
  const slow = await HttpInstance.start(context);
  const text = (app: string): string => {
    const instance = app === 'slow' ? slow : echo;
    const instances = INSTANCES.includes(app) ? `["${instance.host}:${instance.port}"]` : '[]';
    // `open` leaves it to the node.
    const accepts = app === 'open' || app === 'proxied' ? '' : '  accept_proxy: false\n';
    return `${app}:\n  protocol: http\n  translated_port: ${slots[app]}\n  instances: ${instances}\n${accepts}${SAYS[app] ?? ''}`;
  };
  await writeAtomically(
    path.join(services, 'apps.yml'),
    APPS.filter((app) => !app.startsWith('x'))
      .map(text)
      .join(''),
  );
  await writeAtomically(
    path.join(services, 'more.yml'),
    APPS.filter((app) => app.startsWith('x'))
      .map(text)
      .join(''),
  );
  const neighbor = await startNeighbor(context, [slots.away ?? 0, slots.proxied ?? 0]);
  const isTls = ['first', 'second'].includes(name);
  const [consul, docker] = [
    await Recorder.start(context, isTls ? SERVER : null),
    await Recorder.start(context, isTls ? SERVER : null),
  ];
  const around = { slots, neighbor, slow, ip: ownAddress(), consul, docker };
  const flags = NODES[name](around, place.root);
  const token = TOKENS[name];
  const prefix = token === undefined ? [] : ['env', `AUTOPROXY_CONSUL_TOKEN=${token}`];
  const node = launchNodeAt(context, place, flags, prefix);
  atEnd(context, () => node.end());
  const isUp = async (): Promise<boolean> => {
    if (node.child.exitCode !== null) throw new Error('it ended');
    // Neither needs a token.
    const answer = await fetch(`http://${node.admin}/${UNREADY.includes(name) ? 'ping' : 'ready'}`).catch(() => null);
    return answer?.ok === true;
  };
  await eventually(`${name} is up`, isUp, 60_000).catch((error: Error) => {
    throw new Error(`${error.message}; it said:\n${node.lastLines()}`);
  });
  const ask = async (app: string, request = GET): Promise<RawResponse> => {
    const client = await RawConnection.open(slots[app] ?? 0, node.host);
    client.write(request);
    try {
      return await client.response();
    } finally {
      client.close();
    }
  };
  return { ...around, node, ask };
}

const HEALTHY = okResponse('ok').replace('\r\n', `\r\n${NODE_FIELD}: id-of-neighbor\r\n`);

/** A node of the pod, as far as the bleed goes: it is healthy, and says what it got. */
async function startNeighbor(context: TestContext, slots: readonly number[]): Promise<readonly ScriptedInstance[]> {
  const host = ownAddress();
  const started = [];
  for (const port of slots) {
    started.push(await ScriptedInstance.start(context, answering(okResponse('bled')), { host, port }));
    await ScriptedInstance.start(context, answering(HEALTHY), { host, port: port + 1 });
  }
  return started;
}

/** More at once than this would hold each other up. */
const STARTS_AT_ONCE = 3;

export async function startScenes(context: TestContext): Promise<ReadonlyMap<NodeName, Scene>> {
  const scenes = new Map<NodeName, Scene>();
  const names = Object.keys(NODES) as NodeName[];
  const startSome = async (): Promise<void> => {
    for (let name = names.shift(); name !== undefined; name = names.shift())
      scenes.set(name, await startScene(context, name));
  };
  await Promise.all(Array.from({ length: STARTS_AT_ONCE }, startSome));
  return scenes;
}
