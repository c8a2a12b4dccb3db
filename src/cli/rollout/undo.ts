import { Command } from 'commander';
import { parseAppDefinitions, type ReadDefinition } from '../../documents/app-definition-document.js';
import { formatProblem } from '../../model/problem.js';
import { earlierEntry } from '../../registry/history.js';
import { putApps } from '../../registry/put-app.js';
import type { HistoryEntry } from '../../registry/registry.js';
import { showOutcomes } from '../app/outcome-text.js';
import type { CommandContext } from '../command-context.js';
import { CommandFailure } from '../exit-codes.js';
import { type ApplyOptionValues, addApplyOptions } from '../placement/apply-options.js';
import { putAndApply } from '../placement/put-and-apply.js';
import {
  addRegistryOptions,
  addSlotOptions,
  putRulesFrom,
  type SlotOptionValues,
  withRegistry,
} from '../registry-options.js';
import { versionArgument, versionOf } from './history.js';
import { type KnownApp, knownApp } from './versions.js';

interface RolloutUndoOptions extends ApplyOptionValues, SlotOptionValues {
  readonly to?: number;
  readonly apply: boolean;
  readonly dryRun?: true;
  readonly json?: true;
}

const HELP = `
The version before is the newest one that says something else than the definition of now, so a second undo takes the first one
back. The app keeps its slot. An app that was removed comes back.

Example:
  autoproxy rollout undo checkout --to 12 --consul http://127.0.0.1:8500`;

export function createRolloutUndoCommand(context: CommandContext): Command {
  const command = new Command('undo')
    .description('write the version before again, and apply it')
    .argument('<app>', 'the app')
    .option('--to <VERSION>', 'write this version instead; "rollout history" lists them', versionArgument)
    .option('--no-apply', 'only write the definition')
    .option('--dry-run', 'only show what would change, in registry and Swarm; exit code 2 if something would')
    .option('--json', 'one JSON document for programs');
  addApplyOptions(addSlotOptions(addRegistryOptions(command))).addHelpText('after', HELP);
  return command.action(async (app: string, options: RolloutUndoOptions) => {
    const { wanted, restored } = await withRegistry(options, context, async (registry) => {
      const known = await knownApp(registry, app);
      const entry = entryFor(app, known, options);
      if (options.dryRun && !options.json) context.terminal.print(wouldComeBack(app, entry));
      return { wanted: definitionFrom(app, entry, known), restored: restoredFrom(entry) };
    });
    // The slot may lie where kernels take ports from: the app had it before.
    const put = putRulesFrom(options, context, { act: 'undo', keepsSlot: true });
    // Without an image it is started by other means.
    if (options.apply && wanted.definition.image !== null)
      return putAndApply([wanted], put, options, context, { restored });
    await withRegistry(options, context, async (registry) =>
      showOutcomes(await putApps(registry, [wanted], put, options.dryRun === true), options, context, { restored }),
    );
  });
}

function entryFor(app: string, { stored, history }: KnownApp, { to }: RolloutUndoOptions): HistoryEntry {
  if (to !== undefined) return versionOf(app, history, to);
  const entry = earlierEntry(history, stored?.text ?? null);
  if (entry !== null) return entry;
  const hint = `autoproxy rollout history ${app} lists all that are kept; --to N writes one of them again`;
  const isNew = history.some(({ act }) => act === 'rm');
  const since = isNew ? 'since the app was put again' : 'is kept';
  throw new CommandFailure(`${app}: no version before this one ${since}`, hint);
}

function wouldComeBack(app: string, { number, act, author, at }: HistoryEntry): string {
  return `${app}: version ${number} would be written again (${act} by ${author} at ${new Date(at).toISOString()})`;
}

/** The version that is written again, as `rollout history --json` names it. */
function restoredFrom({ number: version, act, author, at }: HistoryEntry): object {
  return { version, act, author, at: new Date(at).toISOString() };
}

/** With the slot of now: it may have moved since. */
function definitionFrom(app: string, { number, text }: HistoryEntry, { stored }: KnownApp): ReadDefinition {
  const { apps, problems } = parseAppDefinitions(text ?? '', `version ${number} of ${app}`, 'registry');
  const [read] = apps;
  const error = problems.find(({ severity }) => severity === 'error');
  if (read === undefined || read.definition.name !== app || error !== undefined) {
    const hint = error === undefined ? 'choose another one with --to' : formatProblem(error);
    throw new CommandFailure(`${app}: version ${number} cannot be read any more`, hint);
  }
  const slot = stored?.definition.slot ?? read.definition.slot;
  return { ...read, definition: { ...read.definition, slot } };
}
