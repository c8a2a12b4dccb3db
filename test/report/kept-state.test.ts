/** What a restart would cost is told for each part of the state, with the error, since when, and what to do. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { UnsavedFile } from '../../src/core/save-record.js';
import type { UnreadFile } from '../../src/core/unread-file.js';
import { formatProblem } from '../../src/model/problem.js';
import { KeptState } from '../../src/report/kept-state.js';

const SINCE = Date.UTC(2026, 0, 2, 3, 4, 5);
const FOUND = Date.UTC(2026, 0, 1);
const SAVED = { unsaved: null, unread: null };

type Parts = ConstructorParameters<typeof KeptState>[0];

function keptWith(given: Partial<Parts> = {}): KeptState {
  const saved = { decisions: SAVED, apps: SAVED, history: SAVED, secret: SAVED };
  return new KeptState({ directory: { failure: null }, ...saved, ...given });
}

function unsavedOf(name: string, given: Partial<UnsavedFile> = {}) {
  const reason = `ENOSPC: no space left on device, open '/state/.${name}.0f1e.tmp'`;
  const unsaved = { file: `/state/${name}`, code: 'ENOSPC', reason, sinceMs: SINCE, foundMs: FOUND, ...given };
  return { unsaved, unread: null };
}

const textsOf = (kept: KeptState): string[] => kept.problems().map(formatProblem);

test('each part says what a restart would find, decisions first', () => {
  const kept = keptWith({
    decisions: unsavedOf('overrides.json'),
    apps: unsavedOf('last-good.json'),
    history: unsavedOf('events.jsonl'),
    secret: unsavedOf('node-secret'),
  });
  kept.followWorkers(unsavedOf('workers.json'));
  const said = 'cannot be written since 2026-01-02T03:04:05.000Z (ENOSPC: no space left on device): ';
  const hint = ' (make room on the disk of /state (df -h, df -i); the node tries it again by itself)';
  const found = '2026-01-01T00:00:00.000Z';
  assert.deepEqual(textsOf(kept), [
    `/state/overrides.json: error: ${said}a restart comes back with the decisions of operators of ${found}${hint}`,
    `/state/last-good.json: error: ${said}a restart serves the apps of ${found} where a source does not answer${hint}`,
    `/state/events.jsonl: warning: ${said}a restart forgets the events since ${found}${hint}`,
    `/state/node-secret: warning: ${said}a restart binds sticky clients to instances anew${hint}`,
    `/state/workers.json: warning: ${said}a start after a crash of this primary cannot end a worker of it that hangs${hint}`,
  ]);
  const nothing = { foundMs: null };
  const first = keptWith({
    decisions: unsavedOf('overrides.json', nothing),
    apps: unsavedOf('last-good.json', nothing),
    history: unsavedOf('events.jsonl', nothing),
  });
  assert.deepEqual(
    first.problems().map(({ message }) => message.split('): ')[1]),
    [
      'a restart forgets the decisions of operators (drain, ready, maint, weights)',
      'a restart serves no app of a source that does not answer',
      'a restart forgets all events',
    ],
  );
});

test('what to do follows from the error; an error without a code is said whole', () => {
  const hintOf = (code: string, reason = `${code}: words, open`): string | null =>
    keptWith({ history: unsavedOf('events.jsonl', { code, reason }) }).problems()[0]?.hint ?? null;
  assert.match(hintOf('EACCES') ?? '', /^let the user of the node write in \/state /);
  assert.match(hintOf('EROFS') ?? '', /^\/state is mounted for reading alone: .* ReadWritePaths= /);
  assert.match(hintOf('EIO') ?? '', /^look at the disk of \/state \(dmesg\); the node tries it again by itself$/);
  const [problem] = keptWith({ history: unsavedOf('events.jsonl', { code: '', reason: 'one, two' }) }).problems();
  assert.match(problem?.message ?? '', /\(one, two\): a restart/);
});

test('a directory that is not locked keeps all but the record of the workers; one that is not there keeps nothing', () => {
  const failure = {
    directory: '/state',
    isUsed: true,
    code: 'EACCES',
    reason: 'EACCES: permission denied, mkdir',
    sinceMs: SINCE,
  };
  const unsavedParts = (kept: KeptState): string[] =>
    kept.parts().flatMap(({ part, isSaved }) => (isSaved ? [] : [part]));
  const unlocked = keptWith({ directory: { failure } });
  assert.deepEqual(unsavedParts(unlocked), ['workers']);
  assert.match(
    textsOf(unlocked)[0] ?? '',
    /^\/state: error: cannot be locked since 2026-\S+Z \(EACCES: permission denied\): /,
  );
  const unused = keptWith({ directory: { failure: { ...failure, isUsed: false } } });
  assert.deepEqual(unsavedParts(unused), ['decisions', 'apps', 'history', 'secret', 'workers']);
  assert.match(
    textsOf(unused)[0] ?? '',
    /cannot be used since .*; then start the node again, or give it another --state-dir\)$/,
  );
  assert.deepEqual([unsavedParts(keptWith()), textsOf(keptWith())], [[], []]);
});

test('what the start could not read says what is missing since, where the file is, and until when it is shown', () => {
  const unreadOf = (name: string, given: Partial<UnreadFile> = {}) => {
    const aside = `/state/${name}.refused-2026-01-02T03-04-05-000Z`;
    const unread = { file: `/state/${name}`, reason: 'it is not JSON', atMs: SINCE, isPart: false, aside, ...given };
    return { unsaved: null, unread };
  };
  const kept = keptWith({ decisions: unreadOf('overrides.json'), apps: unreadOf('last-good.json') });
  const when = 'at the start of 2026-01-02T03:04:05.000Z';
  const shown = (name: string): string =>
    `the file is kept as /state/${name}.refused-2026-01-02T03-04-05-000Z: this is shown until you remove it, or until the next start`;
  assert.deepEqual(textsOf(kept), [
    `/state/overrides.json: error: could not be read ${when} (it is not JSON): no decision of operators from before it ` +
      `(drain, ready, maint, weights) is in force (decide again what is still to hold; ${shown('overrides.json')})`,
    `/state/last-good.json: warning: could not be read ${when} (it is not JSON): the node began without the apps of its ` +
      `last run, and serves those of a source once it answers (see with autoproxy status that all apps are back; ` +
      `${shown('last-good.json')})`,
  ]);
  assert.ok(kept.parts().every(({ isSaved }) => isSaved));
  const partly = keptWith({
    decisions: unreadOf('overrides.json', { reason: 'overrides.3: no', isPart: true, aside: null }),
  });
  assert.deepEqual(textsOf(partly), [
    `/state/overrides.json: error: could not be read as a whole ${when} (overrides.3: no): these decisions of operators ` +
      '(drain, ready, maint, weights) are not in force, the others are ' +
      '(decide again what is still to hold; this is shown until the next start)',
  ]);
});
