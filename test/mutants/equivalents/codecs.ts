/** Mutants that change nothing of the codecs: HTTP/1 and the PROXY protocol. */
import type { Equivalent } from './equivalent.js';

const BEHIND_THE_NAME = {
  file: 'src/http1/host.ts',
  line: 'while (index < length && NAME[host.charCodeAt(index)] === 1)',
  original: 'index < length',
  reason: 'A name cannot go on behind the last character: the condition keeps the read within the text.',
} as const;

export const CODECS: readonly Equivalent[] = [
  {
    file: 'src/http1/fields.ts',
    mutator: 'EqualityOperator',
    line: 'const lower = code >= 0x41 && code <= 0x5a ? code + 0x20 : code;',
    original: 'code <= 0x5a',
    replacement: 'code < 0x5a',
    reason: 'No name that is told apart has a Z.',
  },
  {
    file: 'src/http1/fields.ts',
    mutator: 'StringLiteral',
    line: "export const DROP = 'drop';",
    original: "'drop'",
    replacement: '""',
    reason: 'The word is compared with itself alone.',
  },
  { ...BEHIND_THE_NAME, mutator: 'ConditionalExpression', replacement: 'true' },
  { ...BEHIND_THE_NAME, mutator: 'EqualityOperator', replacement: 'index <= length' },
  {
    file: 'src/http1/request-head.ts',
    mutator: 'BooleanLiteral',
    line: 'isChunked = false;',
    original: 'false',
    replacement: 'true',
    reason: 'Each head that is read begins by setting it: the first value gives the object its shape.',
  },
  {
    file: 'src/http1/response-head.ts',
    mutator: 'StringLiteral',
    line: "block = '';",
    original: "''",
    replacement: '"Stryker was here!"',
    reason: 'Each head that is read begins by setting it: the first value gives the object its shape.',
  },
  {
    file: 'src/http1/request-line.ts',
    mutator: 'StringLiteral',
    line: "head.scheme = (match[1] ?? '').toLowerCase();",
    original: "''",
    replacement: '"Stryker was here!"',
    reason: 'What the expression has matched has a scheme: the compiler asks for it.',
  },
  {
    file: 'src/http1/connection-options.ts',
    mutator: 'ConditionalExpression',
    line: "if (value === 'close') {",
    original: "value === 'close'",
    replacement: 'false',
    reason: 'What is compared whole first says the same when it is split: the condition saves time alone.',
  },
  {
    file: 'src/http1/fields.ts',
    mutator: 'OptionalChaining',
    line: 'const candidate = CANDIDATES[length]?.[(bytes[start] ?? 0) & 31];',
    original: 'CANDIDATES[length]?.[(bytes[start] ?? 0) & 31]',
    replacement: 'CANDIDATES[length][(bytes[start] ?? 0) & 31]',
    reason: 'Lengths beyond the table are turned away in the line before: the compiler asks for it.',
  },
  {
    file: 'src/http1/fields.ts',
    mutator: 'ConditionalExpression',
    line: 'if (length > LONGEST_NAME)',
    original: 'length > LONGEST_NAME',
    replacement: 'false',
    reason: 'The table has no candidate for such a length: the condition keeps the read within the table.',
  },
  {
    file: 'src/http1/request-head.ts',
    mutator: 'ConditionalExpression',
    line: "if (this.upgrade !== '') {",
    original: "this.upgrade !== ''",
    replacement: 'true',
    reason: 'No protocol is called by an empty name, so it stays empty: the condition saves time alone.',
  },
  {
    file: 'src/proxy-protocol/parse-v1.ts',
    mutator: 'StringLiteral',
    line: "const [, protocol = '', source = '', destination = '', sourcePort = '', destinationPort = ''] = words;",
    original: "''",
    replacement: '"Stryker was here!"',
    reason: 'Stands for a word that is missing; such a line is always refused, and the compiler asks for a value.',
  },
];
