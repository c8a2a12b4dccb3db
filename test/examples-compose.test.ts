/** examples/compose, read by Docker Compose itself: each option, label, file, port and image that it names is there. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { loadConfig } from '../src/config/load.js';
import { hostInputs } from '../src/config/option-places.js';
import { OPTIONS } from '../src/config/options.js';
import { parseDuration } from '../src/core/durations.js';
import { APP_LABEL_NAMES, appFromLabels, LABEL_PREFIX } from '../src/documents/label-document.js';
import { CONTAINER_LABELS } from '../src/sources/docker/own-labels.js';
import { temporaryFolder } from './support/at-end.js';
import { composeConfig } from './support/docker/docker-compose.js';
import { promtool } from './support/machine/prometheus.js';
import { runCli } from './support/node/run-cli.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const FOLDER = path.join(ROOT, 'examples/compose');
const FILE = path.join(FOLDER, 'compose.yml');
const DOCKER_GID = '999';

interface Mount {
  readonly type: string;
  readonly source: string;
  readonly target: string;
}

interface Service {
  readonly image: string;
  readonly build?: { readonly context: string; readonly target: string };
  readonly command?: readonly string[] | null;
  readonly entrypoint?: readonly string[] | null;
  readonly environment?: Readonly<Record<string, string>>;
  readonly labels?: Readonly<Record<string, string>>;
  readonly volumes?: readonly Mount[];
  readonly stop_grace_period?: string;
}

type ServiceName = 'consul' | 'node' | 'shop' | 'checkout' | 'define' | 'prometheus' | 'grafana';

async function services(): Promise<Readonly<Record<ServiceName, Service>>> {
  return JSON.parse(await composeConfig(FILE, { DOCKER_GID })).services;
}

function read(...name: readonly string[]): string {
  return readFileSync(path.join(ROOT, ...name), 'utf8');
}

/** Its file on this machine that the service sees at `target`. */
function mounted({ volumes = [] }: Service, target: string): string {
  const found = volumes.find((volume) => target === volume.target || target.startsWith(`${volume.target}/`));
  assert.ok(found !== undefined, `nothing is mounted for ${target}`);
  return path.join(found.source, path.relative(found.target, target));
}

test('Compose takes the file, and asks for the group of the socket', async () => {
  const names: readonly ServiceName[] = ['consul', 'node', 'shop', 'checkout', 'define', 'prometheus', 'grafana'];
  assert.deepEqual(Object.keys(await services()).sort(), [...names].sort());
  await assert.rejects(composeConfig(FILE, {}), /DOCKER_GID.*the group of \/run\/docker\.sock/s);
});

test('what is mounted is there, as a file where a file is meant', async () => {
  const all = Object.values(await services()).flatMap(({ volumes = [] }) => volumes);
  const bound = all.filter(({ type, source }) => type === 'bind' && source.startsWith(ROOT));
  assert.ok(bound.length >= 6);
  for (const { source, target } of bound) {
    assert.ok(existsSync(source), source);
    assert.equal(statSync(source).isFile(), path.extname(target) !== '', source);
  }
});

test('the node has options that there are, the image of the Dockerfile, and the time that its stop takes', async () => {
  const { node, define } = await services();
  const variables = Object.values(OPTIONS).flatMap(({ environment }) => environment);
  const unknown = Object.keys(node.environment ?? {}).filter((name) => !variables.includes(name));
  assert.deepEqual(unknown, []);
  assert.deepEqual(node.build, { context: path.join(ROOT, '.'), target: 'node', dockerfile: 'Dockerfile' });
  assert.ok(read('Dockerfile').includes(`--target node -t ${node.image} .`));
  assert.equal(define.image, node.image);
  const stop = [OPTIONS.lameDuckMs, OPTIONS.drainTimeoutMs].map(({ fallbackHelp }) =>
    parseDuration(fallbackHelp ?? ''),
  );
  const least = stop.reduce<number>((sum, ms) => sum + (ms ?? Number.NaN), 5_000);
  assert.ok((parseDuration(node.stop_grace_period ?? '') ?? 0) >= least);
  const { warnings } = loadConfig({ ...hostInputs({}, node.environment ?? {}), defaultFile: '' });
  assert.deepEqual(warnings, []);
});

test('the containers have labels that there are, and those of the shop define an app', async () => {
  const { shop, checkout } = await services();
  const known = [...Object.keys(CONTAINER_LABELS), ...APP_LABEL_NAMES].map((name) => `${LABEL_PREFIX}${name}`);
  for (const { labels = {} } of [shop, checkout])
    assert.deepEqual(
      Object.keys(labels).filter((name) => !known.includes(name)),
      [],
    );
  const own = Object.entries(shop.labels ?? {}).filter(([name]) =>
    APP_LABEL_NAMES.includes(name.slice(LABEL_PREFIX.length)),
  );
  const { app, problems } = appFromLabels('shop', new Map(own), 'shop', 'docker');
  assert.deepEqual(problems, []);
  assert.ok(readFileSync(FILE, 'utf8').includes(`http://127.0.0.1:${app?.slot}/`));
});

test('the registry takes the definition, of the app that the containers are of and of the pod of the node', async (context) => {
  const { define, checkout, node } = await services();
  const [program, ...words] = define.entrypoint ?? [];
  const file = words[2] ?? '';
  assert.deepEqual([program, ...words.slice(0, 2), words[3]], ['autoproxy', 'app', 'put', '--consul']);
  const registry = temporaryFolder(context, 'compose');
  const put = await runCli(['app', 'put', mounted(define, file), '--registry', registry]);
  assert.equal(put.exitCode, 0, put.stderr);
  const { name, pods } = parse(readFileSync(mounted(define, file), 'utf8')) as {
    name: string;
    pods: readonly string[];
  };
  assert.equal(name, checkout.labels?.['autoproxy.app']);
  assert.ok(pods.includes(node.environment?.AUTOPROXY_POD ?? ''));
  assert.equal(words[4], node.environment?.AUTOPROXY_CONSUL);
});

test('Prometheus takes its configuration, and scrapes where the node answers', async () => {
  const { prometheus } = await services();
  const file = (prometheus.command ?? []).find((word) => word.startsWith('--config.file='))?.split('=')[1] ?? '';
  const { exitCode, text } = await promtool(['check', 'config', mounted(prometheus, file)]);
  assert.equal(exitCode, 0, text);
  const config = parse(readFileSync(mounted(prometheus, file), 'utf8')) as {
    readonly rule_files: readonly string[];
    readonly scrape_configs: readonly { readonly static_configs: readonly { readonly targets: readonly string[] }[] }[];
  };
  for (const rules of config.rule_files)
    assert.ok(existsSync(mounted(prometheus, path.join(path.dirname(file), rules))));
  const targets = config.scrape_configs.flatMap(({ static_configs }) =>
    static_configs.flatMap(({ targets }) => targets),
  );
  assert.deepEqual(targets, [OPTIONS.admin.fallbackHelp]);
});

test('Grafana asks that Prometheus, and finds the board', async () => {
  const { grafana, prometheus } = await services();
  const provisioned = (name: string) =>
    parse(readFileSync(mounted(grafana, `/etc/grafana/provisioning/${name}/autoproxy.yml`), 'utf8'));
  const [source] = provisioned('datasources').datasources as readonly {
    type: string;
    url: string;
    isDefault: boolean;
  }[];
  const listen = (prometheus.command ?? []).find((word) => word.startsWith('--web.listen-address='))?.split('=')[1];
  assert.deepEqual([source?.type, source?.url, source?.isDefault], ['prometheus', `http://${listen}`, true]);
  const [provider] = provisioned('dashboards').providers as readonly { options: { path: string } }[];
  const board = JSON.parse(readFileSync(mounted(grafana, `${provider?.options.path}/autoproxy.json`), 'utf8'));
  assert.equal(board.uid, 'autoproxy');
  assert.ok(readFileSync(FILE, 'utf8').includes(`:3000/d/${board.uid}`));
});
