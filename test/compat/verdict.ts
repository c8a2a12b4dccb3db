/** What is decided of the differences that were found, what is not, and which decisions nothing needs any more. */
import type { Decision } from './decisions.js';
import type { Asked, Cell } from './matrix.js';
import type { Difference } from './observation.js';

export interface Verdict {
  readonly undecided: readonly CellDifference[];
  readonly decided: ReadonlyMap<Decision, readonly CellDifference[]>;
  /** No difference needs them, though all servers and clients that they may speak of were asked. */
  readonly stale: readonly Decision[];
}

export interface CellDifference extends Difference {
  readonly cell: Cell;
}

/** @param all names of servers and clients there are, to tell whether a decision could have been needed */
export function judge(
  cells: readonly Cell[],
  decisions: readonly Decision[],
  all: { readonly servers: readonly string[]; readonly clients: readonly string[] },
): Verdict {
  const undecided: CellDifference[] = [];
  const decided = new Map<Decision, CellDifference[]>();
  for (const cell of cells) {
    for (const difference of cell.differences) {
      const matching = decisions.filter((decision) => matches(decision, cell, difference));
      if (matching.length === 0) undecided.push({ ...difference, cell });
      for (const decision of matching)
        decided.set(decision, [...(decided.get(decision) ?? []), { ...difference, cell }]);
    }
  }
  const asked = new Set(cells.flatMap(({ server, client }) => [server, client]));
  const wasAsked = ({ servers = all.servers, clients = all.clients }: Decision): boolean =>
    [...servers, ...clients].every((name) => asked.has(name));
  return { undecided, decided, stale: decisions.filter((decision) => !decided.has(decision) && wasAsked(decision)) };
}

export function isDecided(decisions: readonly Decision[], asked: Asked, difference: Difference): boolean {
  return decisions.some((decision) => matches(decision, asked, difference));
}

function matches(decision: Decision, asked: Asked, { aspect, autoproxy }: Difference): boolean {
  const { servers, clients, cases, value } = decision;
  return (
    (servers?.includes(asked.server) ?? true) &&
    (clients?.includes(asked.client) ?? true) &&
    (cases?.includes(asked.case) ?? true) &&
    isWhole(decision.aspect, aspect) &&
    (value === undefined || (autoproxy === null ? value === null : value !== null && isWhole(value, autoproxy)))
  );
}

function isWhole({ source }: RegExp, text: string): boolean {
  return new RegExp(`^(?:${source})$`).test(text);
}
