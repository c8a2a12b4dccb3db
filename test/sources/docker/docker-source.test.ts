/** The half of the Docker source that talks: what it tells of an engine on a script. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { Container } from '../../../src/docker/container.js';
import type { App } from '../../../src/model/app.js';
import { DockerSource } from '../../../src/sources/docker/docker-source.js';
import type { SourceReading } from '../../../src/sources/source.js';
import { atEnd } from '../../support/at-end.js';
import { ScriptedEngine } from '../../support/docker/scripted-engine.js';
import { eventually } from '../../support/eventually.js';
import { FakeClock } from '../../support/fake-clock.js';
import { appOf } from '../../support/node/apps.js';
import { createRecordingLog } from '../../support/recording-log.js';

const SHOP = { 'autoproxy.app': 'shop', 'autoproxy.slot': '21034', 'autoproxy.protocol': 'http' };

function follow(context: TestContext, { url }: { readonly url: string }, stored: readonly App[] = []) {
  const clock = new FakeClock();
  const { log, lines } = createRecordingLog();
  const told: SourceReading[] = [];
  const failures: string[] = [];
  const given: (readonly Container[])[] = [];
  const source = new DockerSource({
    settings: { url, certPath: null, tlsVerify: null },
    ...{ clock, log, random: () => 0.5, isRegistering: false },
    onContainers: (containers) => given.push(containers),
  });
  atEnd(context, () => source.stop());
  source.restore(stored);
  source.start({
    onReading: (reading) => told.push(reading),
    onConfirmed: () => {},
    onAbsent: () => {},
    onFailure: (reason) => failures.push(reason),
  });
  const says = async (what: string, isSo: (reading: SourceReading) => boolean): Promise<SourceReading> => {
    await eventually(what, () => told.some(isSo));
    return told.at(-1) as SourceReading;
  };
  return { clock, source, lines, told, failures, given, says };
}

test('offers, claims and apps of the containers that run; who leaves is withdrawn within the event', async (context) => {
  const engine = await ScriptedEngine.start(context);
  const web = engine.run('web', { labels: SHOP });
  const { source, lines, given, says } = follow(context, engine);
  const reading = await says('there is a reading', () => true);
  assert.deepEqual(
    reading.apps.map(({ name, slot }) => `${name} ${slot}`),
    ['shop 21034'],
  );
  assert.deepEqual(
    reading.offers?.map(({ name, instances }) => `${name} ${instances.map(({ id }) => id)}`),
    ['shop 172.17.0.2:8080'],
  );
  assert.deepEqual(
    reading.claims?.map(({ host, standing }) => `${host} ${standing}`),
    ['172.17.0.2 running'],
  );
  assert.deepEqual(reading.problems, []);
  assert.equal(given.at(-1)?.[0]?.name, 'web');
  const [line] = lines.filter(({ msg }) => msg === 'following the containers of Docker');
  assert.equal(`${line?.docker} ${line?.api} ${line?.containers}`, `${engine.url} 1.51 1`);

  engine.tell(web, 'kill', { signal: '15' });
  const leaving = await says('it leaves', ({ offers }) => offers?.length === 0);
  assert.deepEqual(leaving.withdrawn, [{ app: 'shop', instance: '172.17.0.2:8080' }]);
  assert.deepEqual(
    source.reportInstances('shop').map(({ place, leftOut }) => `${place}: ${leftOut}`),
    [`container web (${web.id.slice(0, 12)}): it is stopping (signal 15)`],
  );
});

test('an app of labels goes a minute after its last container was removed, though the engine says nothing', async (context) => {
  const engine = await ScriptedEngine.start(context);
  const web = engine.run('web', { labels: SHOP });
  const { clock, told, says } = follow(context, engine);
  await says('there is a reading', () => true);
  engine.remove(web);
  const removed = await says('it is gone', ({ offers }) => offers?.length === 0);
  assert.equal(removed.apps.length, 1);
  await eventually('all events were told', () => told.at(-1)?.claims?.[0]?.standing === 'gone');
  await clock.advance(59_000);
  assert.equal(told.at(-1)?.apps.length, 1);
  await clock.advance(2_000);
  assert.equal(told.at(-1)?.apps.length, 0);
});

test('wrong labels of a newer container leave an app as it was, when the older one was removed too', async (context) => {
  const engine = await ScriptedEngine.start(context);
  const old = engine.run('old', { labels: SHOP });
  const { clock, told, says } = follow(context, engine);
  await says('there is a reading', () => true);
  const next = engine.run('next', { labels: { ...SHOP, 'autoproxy.retries': 'x' } });
  engine.remove(old);
  await eventually('all events were told', () => told.at(-1)?.claims?.[0]?.standing === 'gone');
  await clock.advance(61_000);
  assert.deepEqual(told.at(-1)?.apps, told[0]?.apps);
  engine.remove(next);
  await eventually('it is gone', () => told.at(-1)?.offers?.length === 0);
  await clock.advance(61_000);
  assert.deepEqual(told.at(-1)?.apps, []);
});

test('an app whose labels are wrong now is served as the disk has it', async (context) => {
  const engine = await ScriptedEngine.start(context);
  engine.run('web', { labels: { ...SHOP, 'autoproxy.retries': 'x' } });
  const stored = appOf('shop', 21_034, {
    origin: { source: 'docker', location: 'container old', line: null, col: null },
  });
  const { told, says } = follow(context, engine, [stored]);
  await says('there is a reading', () => true);
  assert.deepEqual(told.at(-1)?.apps, [stored]);
});

test('what is odd about a container is a problem with what to do, and an engine that fails takes nothing back', async (context) => {
  const engine = await ScriptedEngine.start(context);
  const web = engine.run('web', { labels: { ...SHOP, notes: 'x'.repeat(1_048_576) } });
  const { clock, told, failures, says } = follow(context, engine);
  const { problems } = await says('there is a reading', () => true);
  assert.deepEqual(
    problems.map(({ severity, file }) => `${severity} ${file}`),
    [`warning container web (${web.id.slice(0, 12)})`],
  );
  assert.match(problems[0]?.message ?? '', /its labels have \d+ characters/);
  assert.equal(problems[0]?.hint, 'put what is large into a file or a variable');

  await engine.stop();
  await eventually('it fails', () => failures.length > 0);
  assert.equal(told.length, 1);
  await engine.listen();
  await clock.advance(1_500);
  const again = await says('it is back', () => told.length > 1);
  assert.equal(again.offers?.length, 1);
});

test('a stream that does not last is told as a failure beside a reading that is true', async (context) => {
  const engine = await ScriptedEngine.start(context);
  engine.run('web', { labels: SHOP });
  const { clock, told, failures, says } = follow(context, engine);
  await says('there is a reading', () => true);
  engine.write('garbage\n');
  await eventually('it fails', () => failures.length === 1);
  await clock.advance(250);
  const doubtful = await says('there is another', () => told.length > 1);
  assert.match(doubtful.failure ?? '', /holds what is not JSON: garbage/);
  await clock.advance(10_000);
  assert.equal(told.at(-1)?.failure, undefined);
});
