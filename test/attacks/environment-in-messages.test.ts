/**
 * Values of `env` may be secrets, and messages go to logs of CI and of nodes. A value stands in every place of an
 * environment, in shapes that people write by mistake: messages, plans and the state say names alone.
 */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { parseAppDefinitions } from '../../src/documents/app-definition-document.js';
import { REGISTRY_KINDS } from '../registry/registries.js';
import { temporaryFolder } from '../support/at-end.js';
import { runCliHere } from '../support/node/run-cli-here.js';

const MARK = '8675309';
const HEAD = 'name: shop\npods: [alpha]\nprotocol: http\n';

/** Each is refused. */
const WRONG: readonly string[] = [
  `env: ${MARK}`,
  `env: "${MARK}"`,
  `env: DB_PIN=${MARK}`,
  `env: [DB_PIN=${MARK}]`,
  `env:\n  - DB_PIN=${MARK}`,
  `env: {DB_PIN: ${MARK}}`,
  `env: {DB_PIN: 0x${MARK}}`,
  `env: {DB_PIN: [${MARK}]}`,
  `env: {DB_PIN: {value: "${MARK}"}}`,
  `env: {DB_PIN: {${MARK}}}`,
  `env: {DB_PIN: {${MARK}: x}}`,
  `env: {DB_PIN: {from: ${MARK}}}`,
  `env: {DB_PIN: {from: "pass:${MARK}"}}`,
  `env: {DB_PIN: {from: file:/a, from: "${MARK}", "${MARK}": 1, "${MARK}": 2}}`,
  `env: {DB_PIN: {from: {${MARK}: x}}}`,
  `env: {DB_PIN=${MARK}}`,
  `env: {DB_PIN:${MARK}}`,
  `env: {"DB_PIN=${MARK}": x}`,
  `env: {"DB_PIN ${MARK}": x, "DB_PIN ${MARK}": y}`,
  `env: {? [${MARK}] : x}`,
  `env: {DB_PIN: !${MARK} x}`,
  `env: {DB_PIN: !x ${MARK}}`,
  `env: {DB_PIN: !!x!${MARK} x}`,
  `env: {DB_PIN: !<${MARK}> x}`,
  `env: {DB_PIN: *${MARK}}`,
  `env: {DB_PIN: &${MARK} 1}`,
  `env: {DB_PIN: "\\q${MARK}"}`,
  `env: {DB_PIN: @${MARK}}`,
  `env: {DB_PIN: \`${MARK}}`,
  `env: {DB_PIN: %${MARK}}`,
  `env: {DB_PIN: "a" ${MARK}}`,
  `env: {DB_PIN: "${MARK}}`,
  `env: {DB_PIN: '${MARK}' : '${MARK}'}`,
  `env: {DB_PIN: ${MARK}]}`,
  `env:\n  DB_PIN: | ${MARK}\n    x`,
  `env:\n  DB_PIN: >${MARK}\n    x`,
  `env:\n  DB_PIN: a: ${MARK}`,
  `env:\n  DB_PIN: "x"\n   ${MARK}`,
  `env:\n  DB_PIN: "x"\n ${MARK}: y`,
  `env:\n  DB_PIN "${MARK}"\n  X: y`,
  `env:\n\tDB_PIN: "${MARK}"`,
  `env: {<<: ${MARK}}`,
  `env: {<<: {"DB ${MARK}": x}}`,
  `env: {DB_PIN: "${MARK}\\0"}`,
  `env=DB_PIN=${MARK}: x`,
  `num_instances: &n 2\nenv: {<<: {DB_PIN: ${MARK}}}`,
  `edge: {env: {DB_PIN: ${MARK}}}`,
  `%${MARK}\n---\nenv: {}`,
];

test('what is wrong with an environment is said without its values', () => {
  for (const text of WRONG) {
    const { problems } = parseAppDefinitions(`${HEAD}${text}\n`, 'shop.yml', 'test');
    assert.ok(problems.length > 0, text);
    assert.doesNotMatch(JSON.stringify(problems), new RegExp(MARK), text);
  }
});

test('the name of the variable is said', () => {
  const { problems } = parseAppDefinitions(`${HEAD}env: {DB_PIN: ${MARK}}\n`, 'shop.yml', 'test');
  assert.deepEqual(
    problems.map(({ message, hint }) => [message, hint]),
    [['shop.env.DB_PIN: "..." is not text', 'write it in quotes']],
  );
});

for (const kind of REGISTRY_KINDS) {
  test(`${kind.name}: plans and writes name variables and no values`, async (context) => {
    const { arguments: place } = await kind.prepare(context);
    const directory = temporaryFolder(context, 'files');
    const file = path.join(directory, 'shop.yml');
    const says = async (env: string, ...words: string[]): Promise<string> => {
      writeFileSync(file, `${HEAD}slot: 21034\n${env}\n`);
      const { stdout, stderr } = await runCliHere(['app', 'put', file, ...words, ...place]);
      assert.doesNotMatch(`${stdout}${stderr}`, new RegExp(MARK));
      return stdout + stderr;
    };
    const first = `env: {DB_PIN: "${MARK}", KEY: {from: file:/run/${MARK}}}`;
    assert.match(
      await says(first, '--dry-run', '--json'),
      /"env.DB_PIN",\n\s+"before": null,\n\s+"after": "\(not shown\)"/,
    );
    assert.match(await says(first), /^ {2}\+ env\.DB_PIN\n {2}\+ env\.KEY\.from$/m);
    assert.match(await says(`env: {DB_PIN: "1${MARK}"}`), /^ {2}- env\.KEY\.from$/m);
    assert.match(await says(`env: {DB_PIN: "2${MARK}"}`), /^ {2}~ env\.DB_PIN$/m);
    await says(`env: {DB_PIN: ${MARK}}`);
    assert.match(await says('env: {}', '--json'), /"before": "\(not shown\)",\n\s+"after": null/);
  });
}
