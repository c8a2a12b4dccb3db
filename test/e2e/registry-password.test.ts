/** Images of a real registry that wants a password: what `docker login` keeps is enough, and nothing shows it. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { temporaryFolder } from '../support/at-end.js';
import { whyNoDocker } from '../support/docker/docker-engine.js';
import { findBusybox } from '../support/docker/docker-versions.js';
import { type PasswordRegistry, startPasswordRegistry } from '../support/docker/password-registry.js';
import { startSwarm } from '../support/docker/swarm-service.js';
import { TestEngine } from '../support/docker/test-engine.js';
import type { CliResult } from '../support/node/run-cli.js';
import { runCliHere } from '../support/node/run-cli-here.js';

const REASON = whyNoDocker();
const IMAGE = 'sleeping:1';
const skip = REASON === null ? false : `no Docker engine: ${REASON}`;

test('a registry with a password', { skip }, async (context) => {
  const engine = await TestEngine.start(context, { version: '20.10', hasApp: false });
  await startSwarm(engine);
  await engine.docker('node', 'update', '--label-add', 'pod=alpha', await engine.docker('node', 'ls', '-q'));
  const place = new Place(context, engine, await startPasswordRegistry(context, engine));
  await place.importImage();
  await refused(context, place);
  await pulled(context, place);
  await kept(context, place);
});

class Place {
  readonly engine: TestEngine;
  readonly registry: PasswordRegistry;
  readonly #folder: string;

  constructor(context: TestContext, engine: TestEngine, registry: PasswordRegistry) {
    this.engine = engine;
    this.registry = registry;
    this.#folder = temporaryFolder(context, 'apps');
  }

  define(image: string): void {
    writeFileSync(
      path.join(this.#folder, 'shop.yml'),
      `name: shop
pods: [alpha]
num_instances: 1
image: ${image}
protocol: http
native_port: 8080
placement:
  healthcheck: {source: none}
  stop_grace: 1s
  update: {order: stop-first, monitor: 500ms}
`,
    );
  }

  /** Two megabytes: to push the app of other tests takes eight seconds. */
  async importImage(): Promise<void> {
    const [busybox, archive] = [findBusybox() ?? assert.fail(), path.join(this.#folder, 'image.tar')];
    execFileSync('tar', ['-C', path.dirname(busybox), '-cf', archive, path.basename(busybox)]);
    const start = `CMD ["/${path.basename(busybox)}", "sleep", "1000"]`;
    await this.engine.docker('import', '--change', start, archive, IMAGE);
  }

  /** An image that the registry alone has; its layers are there. */
  async pushed(tag: string): Promise<string> {
    const name = `${this.registry.place}/ops/shop:${tag}`;
    await this.engine.docker('tag', IMAGE, name);
    await this.engine.docker('--config', this.registry.loginFolder, 'push', name);
    await this.engine.docker('image', 'rm', name);
    return name;
  }

  /** @param login Docker's folder; none: the person has logged in nowhere */
  async run(words: readonly string[], login?: string): Promise<CliResult> {
    const at = ['--registry', this.#folder, '--docker', `unix://${this.engine.socketPath}`];
    const result = await runCliHere([...words, ...at], login === undefined ? {} : { DOCKER_CONFIG: login });
    const { password } = this.registry;
    for (const secret of [password, Buffer.from(`ops:${password}`).toString('base64')])
      assert.equal(`${result.stdout}${result.stderr}`.includes(secret), false, 'the password is shown');
    return result;
  }
}

async function refused(context: TestContext, place: Place): Promise<void> {
  await context.test('without a login nothing changes, and it is said what to do', async () => {
    place.define(await place.pushed('1'));
    const { registry } = place;
    for (const [login, words] of [
      [undefined, []],
      [registry.loginFolder, ['--no-registry-auth']],
    ] as const) {
      const { exitCode, stderr } = await place.run(['apply', ...words], login);
      assert.match(stderr, /nothing was changed/);
      assert.match(
        stderr,
        /\(.*(?:unauthorized|no basic auth).*\); docker login localhost:5001, or give --no-image-check/,
      );
      assert.equal(exitCode, 1);
    }
    assert.equal(await place.engine.docker('service', 'ls', '-q'), '');
  });
}

async function pulled(context: TestContext, place: Place): Promise<void> {
  await context.test('after docker login nodes pull the image with the password', async () => {
    const { exitCode, stdout, stderr } = await place.run(['apply', '--timeout', '60s'], place.registry.loginFolder);
    assert.equal(exitCode, 0, stdout + stderr);
    assert.match(stdout, /^shop-alpha: 1 of 1 task run, done$/m);
    assert.equal((await place.run(['plan'], place.registry.loginFolder)).exitCode, 0);
  });
}

async function kept(context: TestContext, place: Place): Promise<void> {
  await context.test('an update by somebody who has not logged in keeps the password of the service', async () => {
    place.define(await place.pushed('2'));
    const { exitCode, stdout, stderr } = await place.run(['apply', '--no-image-check', '--timeout', '60s']);
    assert.equal(exitCode, 0, stdout + stderr);
    const images = await place.engine.docker('image', 'ls', '--format', '{{.Repository}}:{{.Tag}}');
    assert.match(images, /^localhost:5001\/ops\/shop:2$/m);
  });
}
