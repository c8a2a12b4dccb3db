/** The matrix as people read it. */
import { formatTable } from '../../src/cli/table.js';
import type { Decision } from './decisions.js';
import type { Cell } from './matrix.js';
import type { CellDifference, Verdict } from './verdict.js';

/** Of an aspect's value. */
const SHOWN_CHARS = 120;

/** A row a server, a column a client: cases, and how many of them differ without a decision. */
export function cellTable(cells: readonly Cell[], { undecided }: Verdict): string {
  const clients = [...new Set(cells.map(({ client }) => client))];
  const servers = [...new Set(cells.map(({ server }) => server))];
  const failing = new Set(undecided.map(({ cell }) => cell));
  const rows = servers.map((server) => [
    server,
    ...clients.map((client) => {
      const asked = cells.filter((cell) => cell.server === server && cell.client === client);
      const failed = asked.filter((cell) => failing.has(cell)).length;
      return failed === 0 ? `${asked.length}` : `${asked.length} (${failed} differ)`;
    }),
  ]);
  const columns = [{ title: 'cases' }, ...clients.map((title) => ({ title, align: 'right' as const }))];
  return formatTable(columns, rows).join('\n');
}

/** Equal differences of several servers stand together. */
export function undecidedText({ undecided }: Verdict): string {
  const groups = new Map<string, CellDifference[]>();
  for (const difference of undecided) {
    const { cell, aspect, direct, haproxy, autoproxy } = difference;
    const key = JSON.stringify([cell.client, cell.case, aspect, direct, haproxy, autoproxy]);
    groups.set(key, [...(groups.get(key) ?? []), difference]);
  }
  return [...groups.values()]
    .map(([first, ...others]) => {
      if (first === undefined) return '';
      const servers = [first, ...others].map(({ cell }) => cell.server).join(', ');
      const values = (['direct', 'haproxy', 'autoproxy'] as const).map(
        (way) => `    ${way.padEnd(10)}${shorten(first[way])}\n`,
      );
      return `  ${first.cell.client}, ${first.cell.case}: ${first.aspect} (${servers})\n${values.join('')}`;
    })
    .join('');
}

export function decidedText({ decided }: Verdict): string {
  return [...decided]
    .map(
      ([decision, found]) =>
        `  ${scopeOf(decision)}: ${found.length} × ${expectationOf(decision)}\n    ${decision.reason}\n`,
    )
    .join('');
}

export function staleText({ stale }: Verdict): string {
  return stale.map((decision) => `  ${scopeOf(decision)}: ${expectationOf(decision)}\n`).join('');
}

function scopeOf({ servers, clients, cases }: Decision): string {
  const part = (names: readonly string[] | undefined, all: string): string => names?.join(', ') ?? all;
  return `${part(servers, 'all servers')}; ${part(clients, 'all clients')}; ${part(cases, 'all cases')}`;
}

function expectationOf({ aspect, value }: Decision): string {
  if (value === undefined) return aspect.source;
  return `${aspect.source} ${value === null ? 'is not there' : `is ${value.source}`}`;
}

function shorten(value: string | null): string {
  if (value === null) return '(not there)';
  const text = JSON.stringify(value);
  return text.length <= SHOWN_CHARS ? text : `${text.slice(0, SHOWN_CHARS)}…`;
}
