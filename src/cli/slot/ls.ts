import { Command } from 'commander';
import { escapeText } from '../../model/problem.js';
import { findLeaks } from '../../registry/slot-check.js';
import type { CommandContext } from '../command-context.js';
import { countOf } from '../count-text.js';
import { EXIT_CODES } from '../exit-codes.js';
import {
  addRegistryOptions,
  addSlotOptions,
  type RegistryOptionValues,
  type SlotOptionValues,
  slotRulesFrom,
  withRegistry,
} from '../registry-options.js';
import { formatTable } from '../table.js';
import { printLines } from '../terminal.js';

interface SlotLsOptions extends RegistryOptionValues, SlotOptionValues {
  readonly check?: true;
  readonly json?: true;
}

const COLUMNS = [{ title: 'SLOT', align: 'right' }, { title: 'APP' }, { title: 'STATE' }] as const;

export function createSlotLsCommand(context: CommandContext): Command {
  const { terminal, finish } = context;
  const command = new Command('ls')
    .description('list the slots that are taken, and those in quarantine')
    .option('--check', 'name every leak between apps and slots; exit code 1 if there is one')
    .option('--json', 'one JSON document for programs')
    .addHelpText('after', '\nExample:\n  autoproxy slot ls --check --registry ./apps');
  return addSlotOptions(addRegistryOptions(command)).action(async (options: SlotLsOptions) => {
    const rules = slotRulesFrom(options, context);
    const { stored, book } = await withRegistry(options, context, async (registry) => ({
      stored: await registry.list(),
      book: await registry.slots.list(),
    }));
    const leaks = options.check ? findLeaks(stored, book, rules) : null;
    if (options.json) {
      const { slots, freed } = book;
      terminal.print(JSON.stringify({ slots, freed, ...(leaks === null ? {} : { leaks }) }, null, 2));
    } else if (leaks !== null) {
      for (const { kind, message, hint } of leaks) terminal.print(escapeText(`${kind}: ${message} (${hint})`));
      const counts = [
        countOf(book.slots.length, 'slot'),
        countOf(stored.apps.length, 'app'),
        countOf(leaks.length, 'leak'),
      ];
      terminal.print(counts.join(', '));
    } else {
      const rows = [
        ...book.slots.map(({ port, app }) => ({ port, app, state: 'taken' })),
        ...book.freed.map(({ port, app, freedAt }) => ({
          port,
          app,
          state: quarantineOf(freedAt, rules.quarantineMs),
        })),
      ].sort((a, b) => a.port - b.port);
      const cells = rows.map(({ port, app, state }) => [String(port), app, state]);
      printLines(
        terminal,
        formatTable(COLUMNS, cells, (title) => terminal.paint('bold', title)),
      );
    }
    if (leaks !== null && leaks.length > 0) finish(EXIT_CODES.failed);
  });
}

function quarantineOf(freedAt: number, quarantineMs: number): string {
  return `quarantine until ${new Date(freedAt + quarantineMs).toISOString()}`;
}
