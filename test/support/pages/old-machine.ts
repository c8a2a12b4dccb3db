/** A node of the old system, as docs/migration.md describes it: its addresses, files, HAProxy, Consul and instances. */
import assert from 'node:assert/strict';
import { chmodSync, cpSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { temporaryFolder } from '../at-end.js';
import { prepareConsul } from '../consul/consul-program.js';
import { haproxyOfVersion } from '../edge/haproxy-versions.js';
import { eventually } from '../eventually.js';
import { CLI_ENTRY } from '../node/run-cli.js';
import { commandsAfter } from './console-page.js';
import { PageShell, UNSHARED } from './page-shell.js';

const EXAMPLES = fileURLToPath(new URL('../../../../examples', import.meta.url));
const TRAFFIC = fileURLToPath(new URL('../traffic/url-traffic.js', import.meta.url));
const SLOTS = ['http://10.0.0.11:21034/', 'http://10.0.0.11:21036/'];

const FILES = {
  'Old_Till.yml': `Old_Till:
  protocol: tcp
  native_port: 9000
  translated_port: 21036
  instances: ["172.17.0.4:9000"]
`,
  'shop.yml': `shop:
  protocol: HTTP
  native_port: 8080
  translated_port: 21034
  instances: ["172.17.0.2:8080", "172.17.0.3:8080"]
`,
  'backups.txt': '10.0.0.12\n',
};

/** Such as the Ruby script renders it from the files. */
const HAPROXY_CONFIGURATION = `global
  maxconn 500
defaults
  mode http
  timeout connect 2s
  timeout client 20s
  timeout server 20s
  timeout check 1s
frontend shop
  bind 10.0.0.11:21034
  default_backend shop
frontend shop_health
  bind 10.0.0.11:21035
  acl dead nbsrv(shop) lt 1
  monitor-uri /health-check
  monitor fail if dead
backend shop
  server shop_172.17.0.2 172.17.0.2:8080 check inter 1000
  server shop_172.17.0.3 172.17.0.3:8080 check inter 1000
frontend Old_Till
  mode tcp
  bind 10.0.0.11:21036
  default_backend Old_Till
frontend Old_Till_health
  bind 10.0.0.11:21037
  acl dead nbsrv(Old_Till) lt 1
  monitor-uri /health-check
  monitor fail if dead
backend Old_Till
  mode tcp
  server Old_Till_172.17.0.4 172.17.0.4:9000 check inter 1000
`;

const INSTANCE = `const [host, port] = process.argv[1].split(':');
require('node:http')
  .createServer((_, response) => response.setHeader('content-type', 'text/plain').end('served'))
  .listen(Number(port), host)`;

/** /etc is a copy and /run and /var/lib are empty, in the mounts of this shell alone. */
const START = [
  'mkdir etc && cp -a /etc/. etc && mount --bind etc /etc',
  'mount -t tmpfs tmpfs /run && mount -t tmpfs tmpfs /var/lib',
  'rm -rf /etc/autoproxy.d && mkdir -p /etc/autoproxy.d && cp -r services /etc/autoproxy.d/services',
  'ip link set lo up',
  'for ip in 10.0.0.11 172.17.0.2 172.17.0.3 172.17.0.4; do ip address add $ip/32 dev lo; done',
  'for at in 172.17.0.2:8080 172.17.0.3:8080 172.17.0.4:9000; do "$NODE" -e "$INSTANCE" $at & echo $! > $at.pid; done',
  'consul agent -dev -node a1 -log-level warn -dns-port -1 -grpc-port -1 > consul.log 2>&1 &',
  'until curl -sf http://127.0.0.1:8500/v1/catalog/nodes | grep -q a1; do sleep 0.1; done',
  'consul services register -name=shop -id=shop-1 -address=172.17.0.2 -port=8080',
  'consul services register -name=shop -id=shop-2 -address=172.17.0.3 -port=8080',
  'consul services register -name=Old_Till -id=till-1 -address=172.17.0.4 -port=9000',
  '"$HAPROXY" -D -p /run/haproxy.pid -f haproxy.cfg',
];

export class OldMachine {
  readonly shell: PageShell;
  readonly #folder: string;

  private constructor(shell: PageShell, folder: string) {
    this.shell = shell;
    this.#folder = folder;
  }

  /** In namespaces of its own; everything on it ends with the test. */
  static async start(context: TestContext): Promise<OldMachine> {
    const folder = temporaryFolder(context, 'old-machine');
    cpSync(EXAMPLES, path.join(folder, 'examples'), { recursive: true });
    for (const name of ['programs', 'services']) mkdirSync(path.join(folder, name));
    for (const [name, text] of Object.entries(FILES)) writeFileSync(path.join(folder, 'services', name), text);
    writeFileSync(path.join(folder, 'haproxy.cfg'), HAPROXY_CONFIGURATION);
    const autoproxy = path.join(folder, 'programs', 'autoproxy');
    writeFileSync(autoproxy, `#!/bin/sh\nexec '${process.execPath}' '${CLI_ENTRY}' "$@"\n`);
    chmodSync(autoproxy, 0o755);
    const env = {
      PATH: `${path.dirname(autoproxy)}:${path.dirname(await prepareConsul())}:${process.env.PATH}`,
      HAPROXY: haproxyOfVersion('2.6'),
      NODE: process.execPath,
      INSTANCE,
    };
    const shell = new PageShell(context, { prefix: UNSHARED, cwd: folder, env });
    for (const line of START) await shell.run(line);
    return new OldMachine(shell, folder);
  }

  /** Types the commands of these blocks of the page. @throws AssertionError when one fails or prints something else */
  async walk(page: string, blocks: readonly string[]): Promise<void> {
    for (const block of blocks) {
      for (const command of commandsAfter(page, block)) await this.shell.try(command);
    }
  }

  /** Clients that ask both slots until the end of the test. */
  async startTraffic(): Promise<void> {
    await this.shell.run(`"$NODE" '${TRAFFIC}' traffic.json ${SLOTS.join(' ')} > traffic.log 2>&1 &`);
    await this.shell.run('until test -s traffic.json; do sleep 0.1; done');
  }

  /** All requests so far were served, and those that begin now are. */
  async assertNothingLost(): Promise<void> {
    const read = async (): Promise<{ served: number; failures: string[] }> =>
      JSON.parse(await this.shell.run('cat traffic.json'));
    const before = (await read()).served;
    await eventually('more requests were served', async () => {
      const { served, failures } = await read();
      return served >= before + 50 || failures.length > 0;
    });
    assert.deepEqual((await read()).failures, []);
  }

  /** As consul-template does, by a rename within the directory. */
  async writeService(name: string, text: string): Promise<void> {
    writeFileSync(path.join(this.#folder, name), text);
    const to = '/etc/autoproxy.d/services';
    await this.shell.run(`cp ${name} ${to}/.${name} && mv ${to}/.${name} ${to}/${name}`);
  }
}
