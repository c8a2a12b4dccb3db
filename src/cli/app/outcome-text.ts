import { formatChange } from '../../registry/changes.js';
import type { PutOutcome } from '../../registry/put-app.js';
import type { CommandContext } from '../command-context.js';
import { EXIT_CODES } from '../exit-codes.js';

/**
 * Prints what was written, or would be; a dry run with differences exits with 2.
 * @param more stands in the document for programs too
 */
export function showOutcomes(
  outcomes: readonly PutOutcome[],
  { dryRun, json }: { readonly dryRun?: true; readonly json?: true },
  { terminal, finish }: CommandContext,
  more: object = {},
): void {
  const isPlan = dryRun === true;
  for (const reason of new Set(outcomes.flatMap(({ unchecked = [] }) => unchecked)))
    terminal.warn(`autoproxy: warning: a definition cannot be read, and routes in it may clash with these: ${reason}`);
  if (json) terminal.print(JSON.stringify({ isDryRun: isPlan, ...more, apps: outcomes }, null, 2));
  else {
    for (const outcome of outcomes) {
      terminal.print(titleOf(outcome, isPlan));
      for (const change of outcome.changes) terminal.print(`  ${formatChange(change)}`);
    }
  }
  if (isPlan && outcomes.some(({ kind, changes }) => kind !== 'unchanged' || changes.length > 0))
    finish(EXIT_CODES.different);
}

function titleOf({ app, kind, slot }: PutOutcome, isPlan: boolean): string {
  const where = slot === null ? 'on a slot that is given then' : `on slot ${slot}`;
  if (kind === 'unchanged') return `${app}: as it was, ${where}`;
  return `${app}: ${isPlan ? `would be ${kind}` : kind}, ${where}`;
}
