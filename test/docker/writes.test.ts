/** Stopping a container: what is asked, and what each answer means. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DockerConnection } from '../../src/docker/connection.js';
import { DockerFailure } from '../../src/docker/failure.js';
import { stopContainer } from '../../src/docker/writes.js';
import { atEnd } from '../support/at-end.js';
import { ScriptedEngine } from '../support/docker/scripted-engine.js';
import { FakeClock } from '../support/fake-clock.js';

const NEVER = new AbortController().signal;

test('a stop asks for its time, and each answer of the engine has a word', async (context) => {
  const engine = await ScriptedEngine.start(context);
  const connection = new DockerConnection({ url: engine.url, certPath: null, tlsVerify: null }, new FakeClock());
  atEnd(context, () => connection.close());
  await connection.negotiate(NEVER);
  const rows = [
    [204, 'web', null, 'stopped', '/containers/web/stop'],
    [304, 'web', 5, 'over', '/containers/web/stop?t=5'],
    [404, 'a/b', 0, 'unknown', '/containers/a%2Fb/stop?t=0'],
  ] as const;
  for (const [status, id, seconds, result, path] of rows) {
    engine.answers.set(path.replace(/\?.*/, ''), () => ({ status, body: '' }));
    assert.equal(await stopContainer(connection, id, seconds, NEVER), result);
    assert.equal(engine.requests.at(-1), `POST /v1.51${path}`);
  }
  engine.answers.set('/containers/web/stop', () => ({ status: 500, body: '{"message":"no space"}' }));
  await assert.rejects(
    stopContainer(connection, 'web', null, NEVER),
    (error) =>
      error instanceof DockerFailure && /answered 500 for the stop of container web \(no space\)$/.test(error.message),
  );
});

for (const [seconds, deadlineMs] of [
  [null, 620_000],
  [7, 27_000],
] as const) {
  test(`an engine that never answers has the time of the container and 20 s (${seconds ?? 'not known here'})`, async (context) => {
    const engine = await ScriptedEngine.start(context);
    engine.answers.set('/containers/web/stop', () => 'silent');
    const clock = new FakeClock();
    const connection = new DockerConnection({ url: engine.url, certPath: null, tlsVerify: null }, clock);
    atEnd(context, () => connection.close());
    await connection.negotiate(NEVER);
    const isLate = assert.rejects(
      stopContainer(connection, 'web', seconds, NEVER),
      (error) =>
        error instanceof DockerFailure &&
        error.kind === 'late' &&
        error.message.endsWith(
          `gave no whole answer for the stop of container web in ${deadlineMs / 1_000} s; does its machine hang?`,
        ),
    );
    assert.deepEqual(clock.waits(), [deadlineMs]);
    await clock.advance(deadlineMs);
    await isLate;
  });
}

test('before the version is agreed on nothing can be asked', async () => {
  const connection = new DockerConnection({ url: 'unix:///nowhere', certPath: null, tlsVerify: null }, new FakeClock());
  await assert.rejects(stopContainer(connection, 'web', null, NEVER), /a call before the version was agreed on/);
});
