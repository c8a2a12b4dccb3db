/** Mutants that no test can kill, because they change nothing that anybody can see, and why that is so. */
import { type Mutant, shortText } from './mutant.js';

/** Names mutants by their text, so that an entry outlives the move of a line. */
export interface Equivalent {
  /** From the root, as it is written: `src/http1/framing.ts`. */
  readonly file: string;
  readonly mutator: string;
  /** The first line of it in the compiled file, without indent. */
  readonly line: string;
  /** On one line, cut at 80 characters, as the command prints it. */
  readonly original: string;
  readonly replacement: string;
  readonly reason: string;
}

/** What file-lines.ts writes is made of parts without blanks, so it reads back as the same parts. */
const READ_BACK = {
  file: 'edge/syntax/file-lines.ts',
  reason:
    'Each part has passed an expression that allows no blank. The check stays for the part that somebody adds later.',
} as const;
const IS_SAME = 'const isSame = read.length === fields.length && read.every((part, index) => part === fields[index]);';
const EVERY_PART = 'read.length === fields.length && read.every((part, index) => part === fields[in…';

const NEW_NAME = {
  file: 'src/registry/directory-slots.ts',
  line: `await writeFile(aside, \`\${app}\\n\`, { flag: 'wx' });`,
  reason:
    'The name that is written is a random one, so no file is there that the flag would keep from being written over.',
} as const;

const KINDS = {
  file: 'edge/routes/path-cover.ts',
  mutator: 'ConditionalExpression',
  reason:
    'A path that is no expression has no pattern, so the comparison of patterns ends the same way without the kind.',
} as const;

const USER = {
  file: 'src/docker/connection-failures.ts',
  line: `const who = user === undefined ? 'this process' : \`this process (user id \${user})\`;`,
  reason: 'Each system that autoproxy runs on tells the user of a process: the compiler asks for the other ones.',
} as const;

export const EQUIVALENTS: readonly Equivalent[] = [
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
  {
    file: 'src/registry/record-slot.ts',
    mutator: 'ArrayDeclaration',
    line: 'const others = slotsOfOthers(app, stored, []);',
    original: '[]',
    replacement: '["Stryker was here"]',
    reason: 'A text is no definition, so it has neither a name nor a slot that could be taken.',
  },
  { ...USER, mutator: 'StringLiteral', original: "'this process'", replacement: '""' },
  { ...USER, mutator: 'ConditionalExpression', original: 'user === undefined', replacement: 'false' },
  {
    ...KINDS,
    line: "if (wide.kind === 'regex' && covered.kind === 'regex' && wide.pattern === covered.pattern)",
    original: "covered.kind === 'regex'",
    replacement: 'true',
  },
  {
    ...KINDS,
    line: "if (wide.kind === 'exact')",
    original: "wide.kind === 'exact'",
    replacement: 'false',
  },
  {
    file: 'edge/routes/shadows.ts',
    mutator: 'StringLiteral',
    line: "const end = 'literalEnd' in regex ? regex.literalEnd : '';",
    original: "''",
    replacement: '"Stryker was here!"',
    reason: 'An app whose expression cannot be read is refused before its routes are compared.',
  },
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
  {
    file: 'edge/certificates/domain.ts',
    mutator: 'ConditionalExpression',
    line: "if ('message' in host || host.kind === 'regex')",
    original: "host.kind === 'regex'",
    replacement: 'false',
    reason:
      'A name of a certificate is read as a name or a wildcard, never as an expression: the compiler asks for it.',
  },
  {
    file: 'edge/certificates/judge-domains.ts',
    mutator: 'ConditionalExpression',
    line: 'if (certificate === null || domain.names.length > 0)',
    original: 'domain.names.length > 0',
    replacement: 'false',
    reason:
      'A certificate covers all names that the site writes, and the last good one serves none beyond them: no host is lost.',
  },
  {
    file: 'src/proxy-protocol/parse-v1.ts',
    mutator: 'StringLiteral',
    line: "const [, protocol = '', source = '', destination = '', sourcePort = '', destinationPort = ''] = words;",
    original: "''",
    replacement: '"Stryker was here!"',
    reason:
      'Stands for a word that is missing, and such a line is refused whatever stands there: the compiler asks for it.',
  },
  {
    file: 'edge/syntax/route-spelling.ts',
    mutator: 'StringLiteral',
    line: "return [kind, ...Object.values(rest)].join(' ');",
    original: "' '",
    replacement: '""',
    reason: 'No kind is the beginning of another one, so kind and value together are one text for one part only.',
  },
  {
    ...READ_BACK,
    mutator: 'LogicalOperator',
    line: IS_SAME,
    original: EVERY_PART,
    replacement: 'read.length === fields.length || read.every((part, index) => part === fields[in…',
  },
  { ...READ_BACK, mutator: 'ConditionalExpression', line: IS_SAME, original: EVERY_PART, replacement: 'true' },
  {
    ...READ_BACK,
    mutator: 'ConditionalExpression',
    line: IS_SAME,
    original: 'part === fields[index]',
    replacement: 'true',
  },
  {
    ...READ_BACK,
    mutator: 'ConditionalExpression',
    line: IS_SAME,
    original: 'read.length === fields.length',
    replacement: 'true',
  },
  {
    ...READ_BACK,
    mutator: 'MethodExpression',
    line: IS_SAME,
    original: 'read.every((part, index) => part === fields[index])',
    replacement: 'read.some((part, index) => part === fields[index])',
  },
  { ...READ_BACK, mutator: 'ConditionalExpression', line: 'if (!isSame)', original: '!isSame', replacement: 'false' },
  {
    ...READ_BACK,
    mutator: 'StringLiteral',
    line: "throw new RefusedValue(field, 'would be read as something else');",
    original: "'would be read as something else'",
    replacement: '""',
  },
  {
    file: 'edge/syntax/words.ts',
    mutator: 'ConditionalExpression',
    line: 'if (read.length !== 1 || read[0] !== value)',
    original: 'read[0] !== value',
    replacement: 'false',
    reason: 'What is in quotes reads back as itself. The check stays for a character that somebody allows later.',
  },
];

/** `dist/src/http1/framing.js` → `src/http1/framing.ts`. */
export function sourceOf(compiled: string): string {
  return compiled.replace(/^dist\//, '').replace(/\.js$/, '.ts');
}

export function isMeant(equivalent: Equivalent, mutant: Mutant): boolean {
  return (
    equivalent.file === sourceOf(mutant.file) &&
    equivalent.mutator === mutant.mutator &&
    equivalent.line === mutant.line &&
    equivalent.original === shortText(mutant.original) &&
    equivalent.replacement === shortText(mutant.replacement)
  );
}

/** @returns those that name no mutant although their file was looked at: the code has changed, and so may the reason */
export function staleOf(
  equivalents: readonly Equivalent[],
  mutants: readonly Mutant[],
  isLookedAt: (file: string) => boolean,
): Equivalent[] {
  return equivalents.filter((one) => isLookedAt(one.file) && !mutants.some((mutant) => isMeant(one, mutant)));
}
