/** Whom `drain`, `ready` and `maint` are about. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CommandFailure } from '../../src/cli/exit-codes.js';
import { isMeant, otherMeaning, parseTarget, targetsIn } from '../../src/cli/state-target.js';
import { appStatus, instanceStatus, stateDocument } from './state-documents.js';

const WEB = { id: 'abcdef12'.padEnd(64, '0'), name: 'web-1' };
const DESK = { id: 'abcdee34'.padEnd(64, '0'), name: 'desk-1' };

const STATE = stateDocument({
  apps: [
    appStatus({
      name: 'shop',
      instances: [
        instanceStatus({ id: '172.17.0.2:80', container: WEB, inFlight: 1 }),
        instanceStatus({ id: '172.17.0.2:81', container: WEB, inFlight: 2 }),
        instanceStatus({ id: '172.17.0.3:80', container: DESK, inFlight: 4 }),
      ],
    }),
    appStatus({ name: 'admin', instances: [instanceStatus({ id: '172.17.0.2:82', container: WEB })] }),
    appStatus({ name: 'desk-1', instances: [instanceStatus({ id: '172.17.0.4:80' })] }),
  ],
});

function targetsOf(text: string): string[] {
  return targetsIn(STATE, parseTarget(text)).map(({ app, instance }) => `${app}/${instance}`);
}

function failureOf(text: string): string {
  try {
    targetsOf(text);
  } catch (error) {
    assert.ok(error instanceof CommandFailure);
    return `${error.message}; ${error.hint}`;
  }
  return 'none';
}

test('a word is an app, or a container of any app by name, id or the beginning of its id', () => {
  assert.deepEqual(targetsOf('shop'), ['shop/null']);
  for (const word of ['web-1', 'abcdef', WEB.id])
    assert.deepEqual(targetsOf(word), [`shop/${WEB.id}`, `admin/${WEB.id}`], word);
  assert.deepEqual(targetsOf('desk-1'), ['desk-1/null'], 'an app goes before a container');
  assert.deepEqual(targetsOf('shop/desk-1'), ['shop/desk-1']);
});

test('of a word that is an app and a container the app is meant, and how to mean the other is said', () => {
  const said = (text: string, state = STATE): string | null => otherMeaning(state, parseTarget(text));
  assert.equal(
    said('desk-1'),
    `desk-1 is an app and a container; the app is meant. For the container write ${DESK.id.slice(0, 12)}`,
  );
  for (const word of ['shop', 'web-1', 'desk-1/172.17.0.4:80', 'shop/desk-1']) assert.equal(said(word), null, word);
  const own = { id: WEB.id, name: 'shop' };
  const instance = instanceStatus({ id: '172.17.0.2:80', container: own });
  const one = stateDocument({ apps: [appStatus({ name: 'shop', instances: [instance] })] });
  assert.equal(said('shop', one), null, 'both are the same');
  const two = stateDocument({ apps: [appStatus({ name: 'shop', instances: [instance, instanceStatus()] })] });
  assert.match(said('shop', two) ?? '', /^shop is an app and a container/);
});

test('all instances of a container in an app are meant', () => {
  const inFlight = (app: string, instance: string | null) =>
    STATE.apps
      .flatMap(({ name, instances }) => instances.filter((one) => isMeant({ app, instance }, name, one)))
      .reduce((sum, one) => sum + one.inFlight, 0);
  assert.equal(inFlight('shop', 'web-1'), 3);
  assert.equal(inFlight('shop', '172.17.0.2:81'), 2);
  assert.equal(inFlight('shop', null), 7);
  assert.equal(inFlight('gone', null), 0);
});

test('what is nobody, or several, is refused with what to do', () => {
  assert.match(
    failureOf('web-2'),
    /"web-2" is neither an app of this node nor a container that has an instance; did you mean web-1\?/,
  );
  assert.match(failureOf('nonsense'), /status --instances/);
  assert.match(failureOf('abc'), /several containers begin with abc: container web-1 .*, container desk-1/);
  assert.match(failureOf('abcde'), /several containers begin with abcde.*write more of the id/);
  for (const text of ['', '/x', 'shop/', 'a/b/c'])
    assert.match(failureOf(text), /neither an app nor an instance/, text);
});

test('a node of an older release names no containers', () => {
  const state = stateDocument({ apps: [appStatus({ name: 'shop', instances: [instanceStatus()] })] });
  assert.deepEqual(targetsIn(state, parseTarget('shop')), [{ app: 'shop', instance: null }]);
  assert.throws(() => targetsIn(state, parseTarget('web-1')), CommandFailure);
});
