/** Mutants that change nothing of Docker and of the state. */
import type { Equivalent } from './equivalent.js';

const USER = {
  file: 'src/docker/connection-failures.ts',
  line: `const who = user === undefined ? 'this process' : \`this process (user id \${user})\`;`,
  reason: 'Each system that autoproxy runs on tells the user of a process: the compiler asks for the other ones.',
} as const;

export const NODES: readonly Equivalent[] = [
  {
    file: 'src/state/slot-circles.ts',
    mutator: 'ArrayDeclaration',
    line: 'targets.set(step.from, [...(targets.get(step.from) ?? []), step.to]);',
    original: '[]',
    replacement: '["Stryker was here"]',
    reason: 'No way leads on from a text, so it closes no circle.',
  },
  {
    file: 'src/state/merge.ts',
    mutator: 'ArrayDeclaration',
    line: 'const claims = readings.flatMap(({ reading }) => reading.claims ?? []);',
    original: '[]',
    replacement: '["Stryker was here"]',
    reason: 'A text names no address, so nothing is claimed by it.',
  },
  { ...USER, mutator: 'StringLiteral', original: "'this process'", replacement: '""' },
  { ...USER, mutator: 'ConditionalExpression', original: 'user === undefined', replacement: 'false' },
];
