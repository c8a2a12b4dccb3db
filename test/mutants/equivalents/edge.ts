/** Mutants that change nothing of the edge: routes, certificates and syntax. */
import type { Equivalent } from './equivalent.js';

/** What file-lines.ts writes is made of parts without blanks, so it reads back as the same parts. */
const READ_BACK = {
  file: 'edge/syntax/file-lines.ts',
  reason:
    'Each part has passed an expression that allows no blank. The check stays for the part that somebody adds later.',
} as const;

const IS_SAME = 'const isSame = read.length === fields.length && read.every((part, index) => part === fields[index]);';

const EVERY_PART = 'read.length === fields.length && read.every((part, index) => part === fields[in…';

const KINDS = {
  file: 'edge/routes/path-cover.ts',
  mutator: 'ConditionalExpression',
  reason: 'A plain path has no pattern, so the comparison of patterns ends the same way without the kind.',
} as const;

export const EDGE: readonly Equivalent[] = [
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
    file: 'edge/certificates/domain.ts',
    mutator: 'ArrayDeclaration',
    line: 'const [certificate = null, alternate = null] = chains.map(({ links, key }, index) => certificateFrom(links, key, covered[index] ?? []));',
    original: '[]',
    replacement: '["Stryker was here"]',
    reason: 'The names of each chain have been read: the compiler asks for it.',
  },
  {
    file: 'edge/certificates/judge-domains.ts',
    mutator: 'ConditionalExpression',
    line: 'if (uncovered.length === 0)',
    original: 'uncovered.length === 0',
    replacement: 'false',
    reason: 'Where each host is covered no certificate loses one: the condition saves time alone.',
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
