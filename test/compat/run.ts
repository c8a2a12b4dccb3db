/**
 * Real clients ask real servers directly, through HAProxy and through a node; what autoproxy alone does otherwise has to
 * stand in decisions.ts.
 *
 *   npm run compat -- [--only nginx,curl,…]
 *
 * Names of servers choose among the servers, names of clients among the clients. Exit code 1: a difference that is not
 * decided, or a decision that nothing needs.
 */
import { parseArgs } from 'node:util';
import type { Ending } from '../support/at-end.js';
import { prepareComponents } from '../support/machine/components.js';
import { CLIENTS } from './clients/all.js';
import { DECISIONS } from './decisions.js';
import { install } from './installable.js';
import { runMatrix } from './matrix.js';
import { cellTable, decidedText, staleText, undecidedText } from './report.js';
import { SERVERS } from './servers/all.js';
import { judge } from './verdict.js';

const { values } = parseArgs({ options: { only: { type: 'string', default: '' } } });
const names = values.only.split(',').filter((name) => name !== '');
const unknown = names.filter((name) => ![...SERVERS, ...CLIENTS].some((one) => one.name === name));
if (unknown.length > 0) {
  const known = [...SERVERS, ...CLIENTS].map(({ name }) => name).join(', ');
  console.error(`--only: no server and no client is called ${unknown.join(', ')}; there are ${known}.`);
  process.exit(1);
}
const servers = chosenOf(SERVERS);
const clients = chosenOf(CLIENTS);
await prepareComponents();
await install([...servers, ...clients]);

const endings: (() => unknown)[] = [];
const context: Ending = { after: (end) => endings.push(end) };
const startedAt = performance.now();
try {
  const cells = await runMatrix(context, servers, clients, DECISIONS);
  const verdict = judge(cells, DECISIONS, { servers: namesOf(SERVERS), clients: namesOf(CLIENTS) });
  const seconds = ((performance.now() - startedAt) / 1_000).toFixed(0);
  const differing = cells.filter((cell) => cell.differences.length > 0).length;
  console.log(`\n${cellTable(cells, verdict)}\n`);
  if (verdict.decided.size > 0) console.log(`Decided (decisions.ts):\n${decidedText(verdict)}`);
  if (verdict.undecided.length > 0) console.log(`Unlike the server and unlike HAProxy:\n${undecidedText(verdict)}`);
  if (verdict.stale.length > 0) console.log(`Decisions that nothing needs any more:\n${staleText(verdict)}`);
  console.log(
    `${cells.length} cells in ${seconds} s: ${differing} differ; ${verdict.undecided.length} differences are not decided, ` +
      `${verdict.decided.size} decisions hold, ${verdict.stale.length} are stale.`,
  );
  if (verdict.undecided.length > 0 || verdict.stale.length > 0) process.exitCode = 1;
} finally {
  for (const end of endings.reverse()) await end();
}

function chosenOf<T extends { readonly name: string }>(all: readonly T[]): readonly T[] {
  const chosen = all.filter(({ name }) => names.includes(name));
  return chosen.length === 0 ? all : chosen;
}

function namesOf(all: readonly { readonly name: string }[]): string[] {
  return all.map(({ name }) => name);
}
