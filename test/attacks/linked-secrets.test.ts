/**
 * Somebody who may write in the services directory, but not read root's files, makes a link to one of them there. The node
 * reads it, finds it at fault, and says so in its log and in its admin API: nothing of the text may stand in that.
 */
import assert from 'node:assert/strict';
import { mkdirSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { parseServiceDocument } from '../../src/documents/service-document.js';
import { BackupsFile } from '../../src/neighbors/backups-file.js';
import { DirectoryRegistry } from '../../src/registry/directory.js';
import { DirectorySource } from '../../src/sources/directory/directory-source.js';
import type { SourceReading } from '../../src/sources/source.js';
import { atEnd, temporaryFolder } from '../support/at-end.js';
import { eventually } from '../support/eventually.js';
import { FakeClock } from '../support/fake-clock.js';
import { RecordingListener, testClock } from '../support/node/services-directory.js';
import { createRecordingLog } from '../support/recording-log.js';

/** Stands in each of the texts, and never where it would be the name of an app. */
const SECRET = 'hunter2+secret';

const TEXTS: Readonly<Record<string, string>> = {
  'a list of passwords': `root:$6$${SECRET}:19000:0:99999:7:::\ndaemon:*:19000:0:99999:7:::\n`,
  'a private key': `-----BEGIN PRIVATE KEY-----\n${SECRET}\n-----END PRIVATE KEY-----\n`,
  'a value of a map': `password: ${SECRET}\n`,
  'a key of a map': `"${SECRET}": x\n`,
  'a key of an app': `db: {"${SECRET}": x, protocol: http, translated_port: 9000}\n`,
  'values of known keys': [
    `db:\n  protocol: ${SECRET}\n  translated_port: ${SECRET}\n  instances: ["${SECRET}"]\n  filters: {host: "${SECRET} x"}\n`,
    `  health: {path: ${SECRET}, interval: ${SECRET}}\n  balance: ${SECRET}\n  sticky: {cookie: "${SECRET} x"}\n`,
    `  trusted_proxies: [${SECRET}]\n  timeouts: {connect: ${SECRET}}\n  limits: {connections: ${SECRET}}\n`,
  ].join(''),
  'a weight and a state': `db: {protocol: http, translated_port: 9000, instances: [{address: "10.0.0.1:1", weight: ${SECRET}, state: ${SECRET}}]}\n`,
  'a value with quotes in it': `db: {protocol: 'a"${SECRET}"b', translated_port: 9000}\n`,
  'a list': `- ${SECRET}\n`,
  'JSON with a mistake': `{"auths": {"x": {"auth": "${SECRET}"}}, "a" "${SECRET}"}`,
  'a tag': `a: !${SECRET} x\nb: {protocol: !${SECRET} x}\n`,
  'an alias': `a: *${SECRET}\n`,
  'an ini file': `[default]\nkey = ${SECRET}\n`,
  'a directive': `%${SECRET}\n---\n- x\n`,
  'what begins with a reserved character': `a: @${SECRET}\n`,
  'a bracket that is not open': `x: }${SECRET}\n`,
  'the header of a block': `a: |${SECRET}\n b\n`,
  'an escape': `a: "\\${SECRET}"\n`,
  'a key twice': `db: {"${SECRET}": 1, "${SECRET}": 2}\n`,
};

async function readLinked(context: TestContext, text: string): Promise<SourceReading> {
  const folder = temporaryFolder(context, 'linked');
  writeFileSync(path.join(folder, 'secret'), text);
  const directory = path.join(folder, 'services');
  mkdirSync(directory);
  symlinkSync('../secret', path.join(directory, 's.yml'));
  return firstState(context, directory);
}

function firstState(context: TestContext, directory: string): Promise<SourceReading> {
  const source = new DirectorySource({ directory, clock: testClock });
  atEnd(context, () => source.stop());
  const listener = new RecordingListener();
  const first = listener.nextReading();
  source.start(listener);
  return first;
}

for (const [what, text] of Object.entries(TEXTS)) {
  test(`${what}: a problem says where, and nothing of what stands there`, async (context) => {
    const { problems } = await readLinked(context, text);
    assert.ok(problems.length > 0, 'it is at fault');
    const said = JSON.stringify(problems);
    assert.ok(!said.includes('hunter2') && !said.includes('secret+') && !said.includes('19000'), said);
    for (const { file, message } of problems) {
      assert.ok(file?.endsWith('/services/s.yml'));
      assert.notEqual(message, '');
    }
  });
}

test('an app behind a link out of the directory is served, and what is wrong with it says where', async (context) => {
  const text = `shop:\n  protocol: http\n  translated_port: 9000\n  balance: ${SECRET}\napi: {protocol: tcp, translated_port: 9002}\n`;
  const { apps, problems } = await readLinked(context, text);
  assert.deepEqual(
    apps.map(({ name }) => name),
    ['api'],
  );
  assert.deepEqual(
    problems.map(({ app, line, message }) => [app, line, message]),
    [['shop', 4, 'shop.balance: "..." is not one of roundrobin, leastconn, random, source']],
  );
});

test('a link within the directory, as Kubernetes makes them, is read as the file that it is, through swaps too', async (context) => {
  const directory = temporaryFolder(context, 'linked');
  const write = (version: string, slot: number, more: string): void => {
    mkdirSync(path.join(directory, version));
    writeFileSync(
      path.join(directory, version, 's.yml'),
      `shop: {protocol: http, translated_port: ${slot}${more}, instances: []}\n`,
    );
  };
  write('..one', 9_000, ', balance: wrong');
  symlinkSync('..one', path.join(directory, '..data'));
  symlinkSync('..data/s.yml', path.join(directory, 's.yml'));
  const source = new DirectorySource({ directory, clock: testClock });
  atEnd(context, () => source.stop());
  const listener = new RecordingListener();
  const first = listener.nextReading();
  source.start(listener);
  assert.match((await first).problems[0]?.message ?? '', /^shop\.balance: "wrong" is not one of/);
  const swapped = listener.nextReading(({ apps }) => apps.some(({ slot }) => slot === 9_004));
  write('..two', 9_004, '');
  symlinkSync('..two', path.join(directory, '..new'));
  renameSync(path.join(directory, '..new'), path.join(directory, '..data'));
  assert.deepEqual((await swapped).problems, []);
});

test('backups.txt, a link: only the numbers of the lines are said', async (context) => {
  const folder = temporaryFolder(context, 'linked');
  writeFileSync(path.join(folder, 'secret'), `root:${SECRET}:1\n10.0.0.1\n`);
  symlinkSync('secret', path.join(folder, 'backups.txt'));
  const { log, lines } = createRecordingLog();
  const backups = new BackupsFile({ file: path.join(folder, 'backups.txt'), clock: new FakeClock(), log });
  atEnd(context, () => backups.stop());
  let known: readonly string[] = [];
  backups.start((addresses) => {
    known = addresses;
  });
  await eventually('it is read', () => known.length === 1);
  assert.match(lines[0]?.msg ?? '', /backups\.txt:1:1: error: this is not an IP address/);
  assert.ok(!JSON.stringify(lines).includes('hunter2'));
});

test('a definition in a registry directory, behind a link', async (context) => {
  const folder = temporaryFolder(context, 'linked');
  for (const [index, text] of [
    `name: "${SECRET} x"\npods: [${SECRET}]\nprotocol: ${SECRET}\n`,
    `password: ${SECRET}\n`,
    `x: }${SECRET}\n`,
  ].entries()) {
    const registry = path.join(folder, `registry${index}`);
    mkdirSync(registry);
    writeFileSync(path.join(folder, `secret${index}`), text);
    symlinkSync(`../secret${index}`, path.join(registry, 's.yml'));
    const { problems } = await new DirectoryRegistry(registry).list();
    assert.ok(problems.length > 0);
    assert.ok(!JSON.stringify(problems).includes('hunter2'), JSON.stringify(problems));
  }
});

test('a file of the directory itself is quoted, as its author wants', () => {
  const { problems } = parseServiceDocument('db: {protocol: htpt, translated_port: 9000}\n', 's.yml', 'directory');
  assert.match(problems[0]?.message ?? '', /"htpt" is not one of http, tcp/);
});

test('a link in the history of an app shows nothing of a file outside of it', async (context) => {
  const folder = temporaryFolder(context, 'linked');
  const history = path.join(folder, 'apps/history/shop');
  mkdirSync(history, { recursive: true });
  writeFileSync(path.join(folder, 'secret'), `# autoproxy: put 2026-01-01T00:00:00.000Z root@host\nname: ${SECRET}\n`);
  symlinkSync('../../../secret', path.join(history, '0000000001.yml'));
  const registry = new DirectoryRegistry(path.join(folder, 'apps'));
  assert.deepEqual(await registry.history('shop'), []);
});
