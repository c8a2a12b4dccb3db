/**
 * Any history of a directory and an engine, both behind their guards: an address is never there twice, nobody is sent to
 * a container that the engine says is gone or is another app's, and no app is lost whose definition is there.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { mergeFeeds } from '../../src/control/merged-feeds.js';
import { SourceFeed } from '../../src/control/source-feed.js';
import { silentLog } from '../../src/core/log.js';
import type { Container } from '../../src/docker/container.js';
import type { App } from '../../src/model/app.js';
import { dockerReadingFrom } from '../../src/sources/docker/reading.js';
import { RemovalGuard } from '../../src/state/removal-guard.js';
import { containerOf } from '../support/docker/containers.js';
import { FakeClock } from '../support/fake-clock.js';
import { appInstance, appOf } from '../support/node/apps.js';
import { holds } from '../support/properties.js';
import { ScriptedSource } from './scripted-source.js';

const NAMES = ['a', 'b', 'c', 'd', 'e'] as const;
const HOSTS = Array.from({ length: 6 }, (_, index) => `172.17.0.${index + 2}`);
const PORT = 8080;

const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ act: fc.constant('start'), app: fc.nat(NAMES.length), host: fc.nat(5) }) },
  {
    weight: 6,
    arbitrary: fc.record({
      act: fc.constantFrom('stop', 'end', 'remove', 'pause', 'resume', 'sicken', 'heal'),
      which: fc.nat(9),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      act: fc.constant('write'),
      apps: fc.subarray([...NAMES]),
      listed: fc.array(fc.nat(5), { maxLength: 3 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ act: fc.constantFrom('engine down', 'engine forgets') }) },
  { weight: 2, arbitrary: fc.record({ act: fc.constant('wait'), ms: fc.constantFrom(1_000, 30_000, 60_000) }) },
);

type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

class World {
  readonly clock = new FakeClock();
  readonly directory = new ScriptedSource('directory');
  readonly docker = new ScriptedSource('docker');
  readonly feeds: readonly SourceFeed[];
  definitions: readonly App[] = [];
  containers: readonly Container[] = [];
  #started = 0;

  constructor() {
    const guard = () => new RemovalGuard({ clock: this.clock });
    this.feeds = [this.directory, this.docker].map((one) => new SourceFeed(one, guard(), this.clock, silentLog));
    for (const feed of this.feeds) feed.start();
    this.directory.say([]);
    this.#tell();
  }

  take(taken: Step): void {
    switch (taken.act) {
      case 'start':
        this.#start(NAMES[taken.app] ?? null, HOSTS[taken.host] ?? '');
        return;
      case 'write':
        this.definitions = taken.apps.map((name, index) => {
          const hosts = taken.listed.map((host) => HOSTS[(host + index) % HOSTS.length] ?? '');
          const instances = [...new Set(hosts)].map((host) => appInstance(PORT, { host }));
          return appOf(name, 9_000 + 10 * NAMES.indexOf(name), { instances });
        });
        this.directory.say(this.definitions);
        return;
      case 'engine down':
        this.docker.fail('connect ENOENT');
        return;
      case 'engine forgets':
        this.containers = [];
        this.#tell();
        return;
      case 'wait':
        this.clock.jump(taken.ms);
        this.#tell();
        return;
      default:
        this.#change(taken.act, taken.which);
        return;
    }
  }

  #tell(): void {
    this.docker.tell(dockerReadingFrom(this.containers, [], this.clock.now()).reading);
  }

  /** An engine gives an address to one container at a time. */
  #start(app: string | null, host: string): void {
    if (this.containers.some((one) => isThere(one) && one.networks[0]?.address === host)) return;
    this.#started += 1;
    const labels = app === null ? {} : { 'autoproxy.app': app };
    const said = { labels, address: host, ports: [PORT] };
    this.containers = [...this.containers, containerOf(`c${this.#started}`, this.#started, said)];
    this.#tell();
  }

  #change(act: string, which: number): void {
    const old = this.containers[which % Math.max(1, this.containers.length)];
    if (old === undefined) return;
    const changes: Readonly<Record<string, Partial<Container>>> = {
      stop: { phase: 'stopping' },
      pause: { phase: 'paused' },
      resume: { phase: 'running' },
      sicken: { health: 'unhealthy' },
      heal: { health: 'healthy' },
      end: { phase: 'ended' },
      remove: { phase: 'removed' },
    };
    if (!isThere(old) && act !== 'remove') return;
    const changed = { ...old, ...changes[act], since: this.clock.now() };
    this.containers = this.containers.map((one) => (one === old ? changed : one));
    this.#tell();
  }
}

function isThere({ phase }: Container): boolean {
  return phase === 'running' || phase === 'paused' || phase === 'stopping';
}

function appNameOf({ labels }: Container): string | null {
  return labels.get('autoproxy.app') ?? null;
}

function check({ feeds, definitions, containers }: World): void {
  const { apps } = mergeFeeds(feeds);
  for (const { name } of definitions)
    assert.ok(
      apps.some((app) => app.name === name),
      `${name} is defined`,
    );
  const served = apps.flatMap((app) => app.instances.map((instance) => ({ app: app.name, ...instance })));
  for (const app of apps) {
    assert.equal(
      new Set(app.instances.map(({ id }) => id)).size,
      app.instances.length,
      `each address once in ${app.name}`,
    );
  }
  for (const { app, id, host, life } of served) {
    const there = containers.find((one) => isThere(one) && one.networks[0]?.address === host);
    const name = there === undefined ? null : appNameOf(there);
    if (there === undefined) {
      assert.ok(!containers.some((one) => one.networks[0]?.address === host), `${id} of ${app} is gone`);
      continue;
    }
    assert.equal(there.phase, 'running', `${id} of ${app}`);
    assert.equal(life, there.life, `${id} of ${app}`);
    if (name === null) continue;
    assert.equal(app, name, `${id} is of ${name}`);
    assert.notEqual(there.health, 'unhealthy', `${id} of ${app}`);
  }
  for (const one of containers) {
    const name = appNameOf(one);
    const isDefined = apps.some((app) => app.name === name);
    if (!isDefined || one.phase !== 'running' || one.health === 'unhealthy') continue;
    const found = served.filter(({ life }) => life === one.life);
    assert.deepEqual(
      found.map(({ app }) => app),
      [name],
      `${one.name} is served`,
    );
  }
}

test('containers and definitions come together in any order', () =>
  holds(
    fc.property(fc.array(step, { minLength: 1, maxLength: 40 }), (steps) => {
      const world = new World();
      for (const taken of steps) {
        world.take(taken);
        check(world);
      }
    }),
    600,
  ));
