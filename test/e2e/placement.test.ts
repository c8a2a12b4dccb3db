/** `autoproxy plan` and `apply` beside real managers: what the plan says happens, and nothing else. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { temporaryFolder } from '../support/at-end.js';
import { whyNoDocker } from '../support/docker/docker-engine.js';
import { DOCKER_VERSIONS } from '../support/docker/docker-versions.js';
import { startSwarm } from '../support/docker/swarm-service.js';
import { TestEngine } from '../support/docker/test-engine.js';
import { eventually } from '../support/eventually.js';
import { spawnBound } from '../support/machine/bound-process.js';
import { CLI_ENTRY, type CliResult } from '../support/node/run-cli.js';
import { runCliHere } from '../support/node/run-cli-here.js';

const REASON = whyNoDocker();
const skip = REASON === null ? false : `no Docker engine: ${REASON}`;

interface Definition {
  readonly pods?: string;
  readonly count?: number;
  readonly tag?: string;
  readonly version?: string;
  readonly order?: string;
  readonly secret?: boolean;
  /** What each instance reserves. */
  readonly reserved?: string;
}

function definition({
  pods = 'alpha',
  count = 2,
  tag = '1',
  version = 'a',
  order,
  secret,
  reserved = '64m',
}: Definition): string {
  return `name: shop
pods: [${pods}]
num_instances: ${count}
image: localhost:9/app:${tag}
protocol: http
native_port: 8080
slot: 21034
timeouts: {drain: 1s}
env:
  APP: shop
  WORD: "$HOME ${version}"
  TEMPLATE: "{{.Node.Hostname}} {{ no }}"
${secret === true ? '  DB: {from: file:/run/secrets/db}\n' : ''}placement:
  limits: {memory: ${reserved === '64m' ? '256m' : reserved}}
  reservations: {memory: ${reserved}}
  healthcheck: {command: [busybox, wget, -q, -O, /dev/null, "http://127.0.0.1:8080/health"], interval: 1s}
  update: {monitor: 1s, order: ${order ?? 'start-first'}}
`;
}

class Place {
  readonly engine: TestEngine;
  readonly folder: string;

  constructor(context: TestContext, engine: TestEngine) {
    this.engine = engine;
    this.folder = temporaryFolder(context, 'apps');
  }

  write(shop: Definition): void {
    writeFileSync(path.join(this.folder, 'shop.yml'), definition(shop));
  }

  run(...words: readonly string[]): Promise<CliResult> {
    return runCliHere([...words, '--registry', this.folder, '--docker', `unix://${this.engine.socketPath}`]);
  }

  async taskIds(): Promise<readonly string[]> {
    const format = ['--format', '{{.ID}}', '--no-trunc', '--filter', 'desired-state=running'];
    return (await this.engine.docker('service', 'ps', ...format, 'shop-alpha')).split('\n').sort();
  }

  async nodeId(): Promise<string> {
    return (await this.engine.docker('node', 'ls', '-q')).trim();
  }

  /** Of the service, as the manager holds it. */
  async versionOf(name: string): Promise<string> {
    return this.engine.docker('service', 'inspect', '--format', '{{.Version.Index}}', name);
  }

  async isEmptyPlan(): Promise<void> {
    const { exitCode, stdout } = await this.run('plan');
    assert.deepEqual({ exitCode, stdout }, { exitCode: 0, stdout: '1 service: nothing changes\n' });
  }
}

// A manager takes its time: beside one there is room for the other.
test('services of Swarm', { skip, concurrency: DOCKER_VERSIONS.length }, async (context) => {
  await Promise.all(
    DOCKER_VERSIONS.map((version) =>
      context.test(`Docker ${version}`, async (own) => {
        const engine = await TestEngine.start(own, { version });
        const place = new Place(own, engine);
        await refusals(own, place);
        await begins(own, place);
        // The older one is shown to speak this language: no manager, a new service, one that is replaced, and a spec that it
        // gives back. What follows is the same words to it, or is decided before a word is said to it.
        if (version === '28') {
          await changes(own, place);
          await claims(own, place);
          await brokenImages(own, place);
        }
        await drift(own, place);
        if (version === '28') await othersServices(own, place);
      }),
    ),
  );
});

async function refusals(context: TestContext, place: Place): Promise<void> {
  const { engine } = place;
  place.write({});

  await context.test('without a manager nothing is planned, and it is said what to do', async () => {
    const { exitCode, stderr } = await place.run('plan');
    assert.equal(exitCode, 1);
    assert.match(stderr, /is not a manager of a Swarm: name the socket of a manager with --docker/);
  });

  await startSwarm(engine);
  await context.test('what the Swarm lacks is named, and nothing is made', async () => {
    place.write({ secret: true });
    const { exitCode, stdout, stderr } = await place.run('apply');
    assert.equal(exitCode, 1);
    assert.match(stdout, /^\+ shop-alpha: 2 tasks of localhost:9\/app:1 in the pod alpha$/m);
    assert.match(stderr, /nothing was changed/);
    assert.match(stderr, /no node has the label pod=alpha; autoproxy pods label NODE alpha/);
    assert.match(stderr, /shop reads the secret db, which Swarm does not have/);
    assert.equal(await engine.docker('service', 'ls', '-q'), '');
    const document = await place.run('plan', '--json');
    assert.equal(document.stderr, '', 'programs read one document');
    assert.equal(JSON.parse(document.stdout).obstacles.length, 2);
  });

  await engine.docker('node', 'update', '--label-add', 'pod=alpha', await place.nodeId());
}

async function begins(context: TestContext, place: Place): Promise<void> {
  const { engine } = place;
  await context.test('a new app: its tasks run, and the plan is empty then', async () => {
    place.write({});
    assert.equal((await place.run('plan')).exitCode, 2);
    const { exitCode, stdout } = await place.run('apply');
    assert.match(stdout, /^shop-alpha: 2 of 2 tasks run, done$/m);
    assert.equal(exitCode, 0);
    await place.isEmptyPlan();
    const environment = await engine.docker(
      'service',
      'inspect',
      '--format',
      '{{json .Spec.TaskTemplate.ContainerSpec.Env}}',
      'shop-alpha',
    );
    const template = 'TEMPLATE={{"{{"}}.Node.Hostname}} {{"{{"}} no }}';
    assert.deepEqual(JSON.parse(environment), ['APP=shop', template, 'WORD=$HOME a']);
    const [container = ''] = (await engine.docker('ps', '-q', '--filter', 'name=shop-alpha')).split('\n');
    const inside = await engine.docker('exec', container, 'busybox', 'sh', '-c', 'echo "$TEMPLATE"');
    assert.equal(inside.trim(), '{{.Node.Hostname}} {{ no }}', 'Swarm expands nothing in a value');
  });

  await context.test('an equal spec is not sent', async () => {
    const before = await place.versionOf('shop-alpha');
    assert.equal((await place.run('apply')).exitCode, 0);
    assert.equal(await place.versionOf('shop-alpha'), before);
  });

  await context.test(
    'a change of the environment replaces the tasks that the plan names, and shows no value',
    async () => {
      place.write({ version: 'b' });
      const { exitCode, stdout } = await place.run('plan', '--json');
      assert.equal(exitCode, 2);
      assert.equal(stdout.includes('$HOME'), false);
      const [step] = (JSON.parse(stdout) as { readonly steps: readonly { readonly replaced: readonly string[] }[] })
        .steps;
      assert.deepEqual(step?.replaced.toSorted(), await place.taskIds());
      const before = await place.taskIds();
      assert.equal((await place.run('apply')).exitCode, 0);
      const after = await place.taskIds();
      assert.deepEqual(
        after.filter((id) => before.includes(id)),
        [],
      );
      await place.isEmptyPlan();
    },
  );
}

async function changes(context: TestContext, place: Place): Promise<void> {
  await context.test('a change of the count or of the update rules replaces none', async () => {
    const before = await place.taskIds();
    place.write({ version: 'b', count: 3, order: 'stop-first' });
    const { exitCode, stdout } = await place.run('apply');
    assert.equal(exitCode, 0);
    assert.match(stdout, /num_instances: 2 → 3/);
    assert.match(stdout, /placement\.update\.order: start-first → stop-first/);
    const after = await place.taskIds();
    assert.deepEqual(
      before.filter((id) => !after.includes(id)),
      [],
    );
    assert.equal(after.length, 3);
    await place.isEmptyPlan();
  });
}

async function claims(context: TestContext, place: Place): Promise<void> {
  const { engine } = place;
  await context.test(
    'beside an apply another one changes nothing; one that was interrupted goes on later',
    async () => {
      place.write({ version: 'c', count: 3 });
      const words = ['apply', '--registry', place.folder, '--docker', `unix://${engine.socketPath}`];
      const child = spawnBound([process.execPath, CLI_ENTRY, ...words], { stdio: ['ignore', 'pipe', 'pipe'] });
      const ended = once(child, 'close');
      let said = '';
      for (const stream of [child.stdout, child.stderr])
        stream?.on('data', (text: Buffer) => {
          said += text.toString();
        });
      await eventually('it is under way', () => /tasks run$/m.test(said), 90_000);
      const later = await place.run('apply', 'shop');
      assert.deepEqual([later.exitCode, later.stdout], [1, '']);
      assert.match(later.stderr, /nothing was changed: a rollout of all apps goes on, begun by \S+@\S+ at 20/);
      assert.match(later.stderr, /wait for it; if its process was killed, try again in (1\d|20) s/);
      child.kill('SIGINT');
      assert.deepEqual(await ended, [1, null]);
      assert.match(said, /interrupted: what was begun goes on/);
      assert.equal(await engine.docker('config', 'ls', '--quiet'), '', 'its claim has gone with it');
      const { exitCode, stdout } = await place.run('apply');
      assert.match(stdout, /^shop-alpha: 3 of 3 tasks run, done$/m);
      assert.equal(exitCode, 0);
      await place.isEmptyPlan();
      const { UpdateStatus: status } = JSON.parse(
        await engine.docker('service', 'inspect', '--format', '{{json .}}', 'shop-alpha'),
      );
      assert.equal(status.State, 'completed');
      place.write({ version: 'b', count: 3, order: 'stop-first' });
      assert.equal((await place.run('apply')).exitCode, 0);
    },
  );
}

async function brokenImages(context: TestContext, place: Place): Promise<void> {
  await context.test('two new services that have room alone, and not together, are refused', async () => {
    const mebibytes = Math.floor(Number(await place.engine.docker('info', '--format', '{{.MemTotal}}')) / 1_048_576);
    const half = definition({ count: 1, reserved: `${Math.ceil(mebibytes * 0.6)}m` }).replace('slot: 21034\n', '');
    for (const name of ['bank', 'till'])
      writeFileSync(path.join(place.folder, `${name}.yml`), half.replace('name: shop', `name: ${name}`));
    assert.equal((await place.run('plan', 'bank')).exitCode, 2);
    const { exitCode, stderr } = await place.run('apply', 'bank', 'till');
    assert.match(
      stderr,
      /nothing was changed\n {2}→ till-alpha: 1 × \d+ MiB reserved, .* room for 0 beside bank-alpha of this plan;/,
    );
    assert.equal(exitCode, 1);
    for (const name of ['bank', 'till']) rmSync(path.join(place.folder, `${name}.yml`));
  });

  await context.test('what the pod has no room for, and an image that nobody has, is refused', async () => {
    const before = await place.versionOf('shop-alpha');
    place.write({ version: 'b', count: 3, tag: 'missing', reserved: '8192g' });
    const { exitCode, stdout, stderr } = await place.run('apply');
    assert.match(stdout, /^ {4}image: localhost:9\/app:1 → localhost:9\/app:missing$/m);
    assert.match(stderr, /nothing was changed/);
    assert.match(stderr, /shop-alpha: 3 × 8388608 MiB reserved, and the pod alpha has room for 0;/);
    assert.match(stderr, /does not have the image localhost:9\/app:missing, and its registry .* \(Get .*refused\)/);
    assert.equal(exitCode, 1);
    assert.equal(await place.versionOf('shop-alpha'), before);
  });

  await context.test(
    'an image that the nodes do not have is rolled back, named, and the old one serves on',
    async () => {
      place.write({ version: 'b', count: 3, tag: 'missing' });
      const { exitCode, stderr } = await place.run('apply', '--no-image-check', '--timeout', '90s');
      assert.match(stderr, /rolled back to the one before: No such image: localhost:9\/app:missing/);
      assert.equal(exitCode, 4);
      assert.equal((await place.run('plan', '--no-image-check')).exitCode, 2, 'the definition still asks for it');
      place.write({ version: 'b', count: 3, order: 'stop-first' });
      await place.isEmptyPlan();
    },
  );
}

async function drift(context: TestContext, place: Place): Promise<void> {
  const { engine } = place;
  await context.test('drift is named in the words of the definition; services of others stay', async () => {
    await engine.docker('service', 'create', '--detach', '--name', 'other', '--network', 'bridge', 'localhost:9/app:1');
    const foreign = await place.versionOf('other');
    await engine.docker('service', 'update', '--detach', '--limit-memory', '300m', 'shop-alpha');
    const { exitCode, stdout } = await place.run('plan');
    assert.equal(exitCode, 2);
    assert.match(stdout, /placement\.limits\.memory: 300m → 256m/);
    assert.equal((await place.run('apply')).exitCode, 0);
    await place.isEmptyPlan();
    assert.equal(await place.versionOf('other'), foreign);
  });
}

async function othersServices(context: TestContext, place: Place): Promise<void> {
  const { engine } = place;
  await context.test('a service of the same name that is not ours is refused', async () => {
    await engine.docker('service', 'update', '--detach', '--label-rm', 'com.autoproxy.managed', 'shop-alpha');
    const { exitCode, stderr } = await place.run('apply');
    assert.equal(exitCode, 1);
    assert.match(stderr, /docker service update --label-add com\.autoproxy\.managed=true shop-alpha says so/);
    await engine.docker('service', 'update', '--detach', '--label-add', 'com.autoproxy.managed=true', 'shop-alpha');
  });

  await context.test(
    'an app that is gone loses its services when it is named; an empty registry takes nothing away',
    async () => {
      rmSync(path.join(place.folder, 'shop.yml'));
      const refused = await place.run('apply');
      assert.match(
        refused.stderr,
        /the registry names no app that is placed, and the Swarm has services of 1 app \(shop\)/,
      );
      assert.equal(refused.exitCode, 1);
      const { exitCode, stdout } = await place.run('apply', 'shop', '--edge-grace', '0s');
      assert.match(stdout, /^- shop-alpha: 3 tasks end$/m);
      assert.equal(exitCode, 0);
      const again = await place.run('apply', 'shop');
      assert.match(again.stderr, /has no app shop/);
      assert.equal(again.exitCode, 1);
      assert.equal(await engine.docker('service', 'ls', '--format', '{{.Name}}'), 'other');
    },
  );

  await context.test('as a Compose file, docker stack deploy makes the same service', async () => {
    place.write({});
    const { stdout } = await place.run('plan', '--format', 'compose');
    const file = path.join(place.folder, 'stack.txt');
    writeFileSync(file, stdout);
    await engine.docker('stack', 'deploy', '--resolve-image', 'never', '--compose-file', file, 'made');
    const spec = await engine.docker('service', 'inspect', '--format', '{{json .Spec}}', 'made_shop-alpha');
    const { TaskTemplate: task, Mode: mode } = JSON.parse(spec);
    const wanted = JSON.parse((await place.run('plan', '--format', 'json')).stdout)[0];
    const { ContainerSpec: container } = wanted.TaskTemplate;
    for (const key of ['Image', 'Env', 'Healthcheck', 'StopGracePeriod'] as const)
      assert.deepEqual(task.ContainerSpec[key], container[key], key);
    assert.equal(task.ContainerSpec.Labels['autoproxy.app'], 'shop');
    assert.deepEqual(task.RestartPolicy.Delay, wanted.TaskTemplate.RestartPolicy.Delay);
    assert.deepEqual(task.Placement.Constraints, wanted.TaskTemplate.Placement.Constraints);
    assert.deepEqual(mode, wanted.Mode);
  });
}
