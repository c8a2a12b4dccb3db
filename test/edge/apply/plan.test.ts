import assert from 'node:assert/strict';
import { test } from 'node:test';
import { firstMiscount, lineCounts, planChange } from '../../../edge/apply/plan.js';
import { type Release, releaseFromFiles } from '../../../edge/release/release.js';

const BASE = {
  'haproxy.cfg': 'global\n',
  'crt-list.txt': 'certs/one.pem one.example\n',
  'certs/one.pem': 'a key\n',
  'maps/prefix.map': 'one.example/ shop\n',
  'lists/deny_src.lst': '',
};

function release(changes: Readonly<Record<string, string | null>> = {}): Release {
  const files = Object.entries({ ...BASE, ...changes });
  return releaseFromFiles(files.flatMap(([name, content]) => (content === null ? [] : [[name, content] as const])));
}

test('the same release is nothing, an unknown one a reload', () => {
  assert.deepEqual(planChange(release(), release()), { kind: 'nothing' });
  assert.equal(planChange(null, release()).kind, 'reload');
});

test('maps, lists and certificates are hot: first what keeps out, last what lets in', () => {
  const next = release({
    'maps/prefix.map': 'one.example/ shop\none.example/b/ side\n',
    'lists/deny_src.lst': '203.0.113.0/24\n',
    'certs/one.pem': 'another key\n',
  });
  assert.deepEqual(planChange(release(), next), {
    kind: 'hot',
    steps: [
      { kind: 'networks', file: 'lists/deny_src.lst', lines: ['203.0.113.0/24'] },
      { kind: 'certificate', file: 'certs/one.pem', pem: 'another key\n' },
      { kind: 'map', file: 'maps/prefix.map', lines: ['one.example/ shop', 'one.example/b/ side'] },
    ],
  });
});

test('certificates come before their names, and go after them', () => {
  const next = release({
    'crt-list.txt': 'certs/two.pem two.example\n',
    'certs/one.pem': null,
    'certs/two.pem': 'its key\n',
  });
  assert.deepEqual(planChange(release(), next), {
    kind: 'hot',
    steps: [
      { kind: 'new-certificate', file: 'certs/two.pem', pem: 'its key\n' },
      {
        kind: 'names',
        file: 'crt-list.txt',
        added: ['certs/two.pem two.example'],
        removed: ['certs/one.pem one.example'],
      },
      { kind: 'old-certificate', file: 'certs/one.pem' },
    ],
  });
});

test('all else is a reload, and says why', () => {
  const why = (changes: Readonly<Record<string, string | null>>): string => {
    const plan = planChange(release(), release({ 'maps/prefix.map': '', ...changes }));
    return plan.kind === 'reload' ? plan.why : plan.kind;
  };
  assert.equal(why({ 'haproxy.cfg': 'global\n    nbthread 2\n' }), 'haproxy.cfg differs');
  assert.equal(why({ 'lists/allow/new.lst': '' }), 'lists/allow/new.lst was added');
  assert.equal(why({ 'lists/deny_src.lst': null }), 'lists/deny_src.lst was removed');
  assert.equal(why({ 'crt-list.txt': null }), 'crt-list.txt was removed');
  assert.equal(why({ 'errors/404.http': 'x' }), 'errors/404.http was added');
});

test('a process that shows another number of lines does not run the release', () => {
  const { map } = lineCounts(release());
  assert.equal(firstMiscount(map, new Map([['maps/prefix.map', 1]])), null);
  assert.match(firstMiscount(map, new Map([['maps/prefix.map', 2]])) ?? '', /maps\/prefix\.map has 2 lines/);
  assert.equal(firstMiscount(map, new Map()), null, 'a file that nobody names is not loaded');
});
