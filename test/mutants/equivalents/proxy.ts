/** Mutants that change nothing of the data plane. */
import type { Equivalent } from './equivalent.js';

const IDLE_POOL = 'src/proxy/slot/idle-pool.ts';

const NOTHING_IN_EXCESS = {
  file: IDLE_POOL,
  line: 'if (excess > 0)',
  original: 'excess > 0',
  reason: 'Where nothing is in excess nothing is closed: the condition saves a copy alone.',
} as const;

const WAIT_QUEUE = 'src/proxy/slot/wait-queue.ts';

const DESK_OF_WANT = {
  file: WAIT_QUEUE,
  mutator: 'OptionalChaining',
  original: 'this.#desk?.changeWant',
  replacement: 'this.#desk.changeWant',
  reason: 'A want is made by a desk, so where there is a want there is a desk: the compiler asks for it.',
} as const;

const WITHIN_THE_LIST = {
  mutator: 'ConditionalExpression',
  reason: 'Each place that is looked at is one of the list: the compiler asks for the other ones.',
} as const;

const NO_CANDIDATE = {
  mutator: 'ArrayDeclaration',
  original: '[]',
  replacement: '["Stryker was here"]',
  reason: 'A text has no room for a request, so it is not picked.',
} as const;

export const PROXY: readonly Equivalent[] = [
  {
    file: 'src/proxy/limits/client-limit.ts',
    mutator: 'LogicalOperator',
    line: 'if (!this.isFull || this.#isOpening || this.clients >= this.#limit)',
    original: '!this.isFull || this.#isOpening || this.clients >= this.#limit',
    replacement: '(!this.isFull || this.#isOpening) && this.clients >= this.#limit',
    reason: 'What is set up here looks by itself whether there is room: the condition saves time alone.',
  },
  {
    file: 'src/proxy/balance/round-robin.ts',
    mutator: 'ConditionalExpression',
    line: 'if (total === instances.length)',
    original: 'total === instances.length',
    replacement: 'false',
    reason: 'Where all have the same weight the rotation that is laid out is the list: the condition saves time alone.',
  },
  {
    file: 'src/proxy/client/forwarded-fields.ts',
    mutator: 'ConditionalExpression',
    line: 'if (!head.hasForwardedPort && !head.hasForwardedProto && !isThere)',
    original: '!head.hasForwardedPort && !head.hasForwardedProto && !isThere',
    replacement: 'false',
    reason: 'The three parts put together are the same text: the condition saves time alone.',
  },
  {
    file: 'src/proxy/slot/slot.ts',
    mutator: 'StringLiteral',
    line: "export const FULL = 'full';",
    original: "'full'",
    replacement: '""',
    reason: 'The word is compared with itself alone.',
  },
  {
    file: 'src/proxy/slot/sticky.ts',
    mutator: 'ConditionalExpression',
    line: 'while (position < text.length && isBlank(text.charCodeAt(position)))',
    original: 'position < text.length',
    replacement: 'true',
    reason: 'A blank cannot follow the last character: the condition keeps the read within the text.',
  },
  {
    file: 'src/proxy/slot/retry-budget.ts',
    mutator: 'EqualityOperator',
    line: 'if (this.#tokens < CEILING)',
    original: 'this.#tokens < CEILING',
    replacement: 'this.#tokens <= CEILING',
    reason: 'A fifth of a retry above the ceiling never becomes a whole one.',
  },
  {
    file: IDLE_POOL,
    mutator: 'ArithmeticOperator',
    line: 'for (let index = this.#kept.length - 1; index >= 0; index -= 1) {',
    original: 'this.#kept.length - 1',
    replacement: 'this.#kept.length + 1',
    reason: 'Places behind the last connection hold none, and are passed over.',
  },
  {
    ...WITHIN_THE_LIST,
    file: IDLE_POOL,
    line: 'if (connection === undefined || connection.instance !== instance)',
    original: 'connection === undefined',
    replacement: 'false',
  },
  { ...NOTHING_IN_EXCESS, mutator: 'ConditionalExpression', replacement: 'true' },
  { ...NOTHING_IN_EXCESS, mutator: 'EqualityOperator', replacement: 'excess >= 0' },
  {
    file: WAIT_QUEUE,
    mutator: 'ConditionalExpression',
    line: 'if (isBack)',
    original: 'isBack',
    replacement: 'true',
    reason: 'A new waiter has the greatest order, so sorting leaves it where it is: the condition saves time alone.',
  },
  { ...DESK_OF_WANT, line: 'this.#desk?.changeWant(group.want, 1);' },
  { ...DESK_OF_WANT, line: 'this.#desk?.changeWant(group.want, -1);' },
  { ...DESK_OF_WANT, line: 'this.#desk?.changeWant(waiter.group.want, 1);' },
  {
    file: WAIT_QUEUE,
    mutator: 'ConditionalExpression',
    line: 'if (group !== null && waiter.group === group && waiter.order === order)',
    original: 'group !== null',
    replacement: 'true',
    reason: 'A waiter that gets its turn is in a group: the compiler asks for it.',
  },
  {
    file: WAIT_QUEUE,
    mutator: 'EqualityOperator',
    line: 'if (first !== undefined && first.since < since && instances.includes(instance))',
    original: 'first.since < since',
    replacement: 'first.since <= since',
    reason: 'Of two waits that began at once either gives the same time.',
  },
  {
    file: WAIT_QUEUE,
    mutator: 'ConditionalExpression',
    line: 'if (first === undefined || passed.has(group) || !haveRoom(group.instances))',
    original: 'first === undefined',
    replacement: 'false',
    reason: 'A group goes with its last waiter, so each has a first one: the compiler asks for it.',
  },
  {
    file: 'src/proxy/io/deadlines.ts',
    mutator: 'AssignmentOperator',
    line: 'this.#ticks += 1;',
    original: 'this.#ticks += 1',
    replacement: 'this.#ticks -= 1',
    reason: 'Each tenth tick is a second, whether they are counted up or down.',
  },
  {
    file: 'src/proxy/exchange/responses.ts',
    mutator: 'StringLiteral',
    line: "const reason = REASONS[status] ?? 'Error';",
    original: "'Error'",
    replacement: '""',
    reason: 'Each status that a client is told has a reason, as a test says: the compiler asks for the other ones.',
  },
  {
    ...WITHIN_THE_LIST,
    file: 'src/proxy/balance/source-hash.ts',
    line: 'if (instance === undefined || tried?.includes(instance) === true)',
    original: 'instance === undefined',
    replacement: 'false',
  },
  {
    ...WITHIN_THE_LIST,
    file: 'src/proxy/balance/random.ts',
    line: 'if (instance !== undefined && isEligible(instance, request))',
    original: 'instance !== undefined',
    replacement: 'true',
  },
  {
    ...WITHIN_THE_LIST,
    file: 'src/proxy/balance/round-robin.ts',
    line: 'if (instance !== undefined && isEligible(instance, request))',
    original: 'instance !== undefined',
    replacement: 'true',
  },
  {
    ...WITHIN_THE_LIST,
    file: 'src/proxy/balance/round-robin.ts',
    line: 'if (instance !== undefined)',
    original: 'instance !== undefined',
    replacement: 'true',
  },
  { ...NO_CANDIDATE, file: 'src/proxy/balance/round-robin.ts', line: '#rotation = [];' },
  { ...NO_CANDIDATE, file: 'src/proxy/balance/least-connections.ts', line: '#instances = [];' },
];
