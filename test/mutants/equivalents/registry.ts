/** Mutants that change nothing of the registry and of the registrar. */
import type { Equivalent } from './equivalent.js';

const NEW_NAME = {
  file: 'src/registry/directory-slots.ts',
  line: `await writeFile(aside, \`\${app}\\n\`, { flag: 'wx' });`,
  reason:
    'The name that is written is a random one, so no file is there that the flag would keep from being written over.',
} as const;

const NO_WORD = {
  file: 'src/registrar/wanted-services.ts',
  mutator: 'StringLiteral',
  original: "''",
  replacement: '"Stryker was here!"',
  reason: 'Neither text says a weight or a state.',
} as const;

const NO_RECORD = {
  file: 'src/registry/slot-records.ts',
  mutator: 'StringLiteral',
  line: "const [app = '', time = '', ...more] = text.trim().split(' ');",
  original: "''",
  replacement: '"Stryker was here!"',
  reason: 'Stands for a word that is missing, and is neither the name of an app nor a time.',
} as const;

export const REGISTRY: readonly Equivalent[] = [
  {
    file: 'src/registry/consul.ts',
    mutator: 'ConditionalExpression',
    line: 'if (known?.modifyIndex === modifyIndex)',
    original: 'known?.modifyIndex === modifyIndex',
    replacement: 'false',
    reason: 'A document that is read once more says the same: what is kept saves time alone.',
  },
  {
    file: 'src/registry/put-app.ts',
    mutator: 'ConditionalExpression',
    line: 'if (app !== name || port === used)',
    original: 'app !== name || port === used',
    replacement: 'false',
    reason:
      'Freeing looks by itself at who has the slot and whether the app uses it: the condition saves requests alone.',
  },
  NO_RECORD,
  {
    file: 'src/registry/history.ts',
    mutator: 'StringLiteral',
    line: "const [head = '', act, time = '', author = '', leftOut] = HEADER.exec(text) ?? [];",
    original: "''",
    replacement: '"Stryker was here!"',
    reason: 'Stands for a part that is missing, and an entry without a header is left out: the compiler asks for it.',
  },
  {
    file: 'src/registry/directory.ts',
    mutator: 'MethodExpression',
    line: 'for (const name of names.filter(isAppFileName).sort()) {',
    original: 'names.filter(isAppFileName).sort()',
    replacement: 'names.filter(isAppFileName)',
    reason:
      'Node lists a directory in the order of names on each system that it runs on here, though it does not promise it.',
  },
  {
    file: 'src/registry/put-plan.ts',
    mutator: 'ConditionalExpression',
    line: 'return withAlongside(stored, alongside).flatMap((other) => other.slot === null || other.name === name ? [] : [{ port: other.slot, app: other.name }]);',
    original: 'other.slot === null',
    replacement: 'false',
    reason: 'No slot is null, or next to it: the compiler asks for the condition.',
  },
  {
    file: 'src/registrar/registrar.ts',
    mutator: 'ArrayDeclaration',
    line: '#looked = [];',
    original: '[]',
    replacement: '["Stryker was here"]',
    reason: 'Each comparison notes what the agent has before anything is held against it.',
  },
  {
    file: 'src/registry/record-slot.ts',
    mutator: 'ArrayDeclaration',
    line: 'const others = slotsOfOthers(app, stored, []);',
    original: '[]',
    replacement: '["Stryker was here"]',
    reason: 'A text has neither a name nor a slot that could be taken.',
  },
  {
    file: 'src/registrar/claim-holder.ts',
    mutator: 'StringLiteral',
    line: "return await waitForServiceChange(this.#connection, this.serviceId, { hash: '', waitMs: 0, signal });",
    original: "''",
    replacement: '"Stryker was here!"',
    reason: 'The agent answers at once to a hash that no service has, as it does without one.',
  },
  {
    file: 'src/registrar/registrar.ts',
    mutator: 'ArrayDeclaration',
    line: 'const containers = this.#containers ?? [];',
    original: '[]',
    replacement: '["Stryker was here"]',
    reason: 'Rounds begin with the first containers, and some are known from then on: the compiler asks for it.',
  },
  { ...NO_WORD, line: "const weight = weightFromText(labels.get('autoproxy.weight') ?? '');" },
  { ...NO_WORD, line: "const state = stateFromText(labels.get('autoproxy.state') ?? '');" },
  { ...NEW_NAME, mutator: 'ObjectLiteral', original: "{ flag: 'wx' }", replacement: '{}' },
  { ...NEW_NAME, mutator: 'StringLiteral', original: "'wx'", replacement: '""' },
  {
    file: 'src/registry/put-plan.ts',
    mutator: 'ConditionalExpression',
    line: 'const isOwn = book.slots.some(({ port, app }) => port === slot && app === name);',
    original: 'app === name',
    replacement: 'true',
    reason: 'A slot that another app has recorded is taken, and that is said before anything about kernels.',
  },
];
