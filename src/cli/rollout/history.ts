import { Command, InvalidArgumentError, Option } from 'commander';
import { changesBetween } from '../../registry/changes.js';
import { isSameVersion } from '../../registry/history.js';
import type { HistoryEntry } from '../../registry/registry.js';
import type { CommandContext } from '../command-context.js';
import { CommandFailure } from '../exit-codes.js';
import { addRegistryOptions, type RegistryOptionValues, withRegistry } from '../registry-options.js';
import { printLines, widthOf } from '../terminal.js';
import { historyLines, type VersionRow } from './history-text.js';
import { definitionOf, type KnownApp, knownApp } from './versions.js';

interface RolloutHistoryOptions extends RegistryOptionValues {
  readonly show?: number;
  readonly json?: true;
}

export function createRolloutHistoryCommand(context: CommandContext): Command {
  const { terminal } = context;
  const command = new Command('history')
    .description('list the versions of an app: who wrote each, when, and what it changed')
    .argument('<app>', 'the app')
    .addOption(
      new Option('--show <VERSION>', 'print the definition of this version, as it was written')
        .argParser(versionArgument)
        .conflicts('json'),
    )
    .option('--json', 'one JSON document for programs')
    .addHelpText('after', '\nExample:\n  autoproxy rollout history checkout --registry ./apps');
  return addRegistryOptions(command).action(async (app: string, options: RolloutHistoryOptions) => {
    const known = await withRegistry(options, context, (registry) => knownApp(registry, app));
    if (options.show !== undefined) return terminal.write(documentOf(app, known, options.show));
    const versions = versionsOf(known);
    if (options.json) return terminal.print(JSON.stringify({ app, versions }, null, 2));
    const lines = historyLines(versions, widthOf(terminal), (title) => terminal.paint('bold', title));
    const isAmong = known.stored === null || versions.some(({ isCurrent }) => isCurrent);
    printLines(terminal, isAmong ? lines : [...lines, `the definition of now is not among these: ${BY_HAND}`]);
  });
}

const BY_HAND = 'somebody wrote it without autoproxy, or it is too large to be kept';

function versionsOf({ stored, history }: KnownApp): readonly VersionRow[] {
  const current = stored === null ? history.at(-1) : history.findLast(({ text }) => isText(text, stored.text));
  return history.map((entry, index) => {
    const definition = definitionOf(entry);
    const before = history[index - 1];
    const earlier = before === undefined ? null : definitionOf(before);
    const { number: version, author, act, at } = entry;
    const isKnown = definition !== null && earlier !== null;
    return {
      version,
      at: new Date(at).toISOString(),
      author,
      act,
      image: definition?.image ?? null,
      changed: isKnown ? changesBetween(earlier, definition).map(({ key }) => key) : null,
      isCurrent: entry === current,
    };
  });
}

function isText(text: string | null, stored: string): boolean {
  return text !== null && isSameVersion(text, stored);
}

function documentOf(app: string, { history }: KnownApp, version: number): string {
  return versionOf(app, history, version).text;
}

/** @throws CommandFailure for a version that is not kept, or has no definition */
export function versionOf(
  app: string,
  history: readonly HistoryEntry[],
  version: number,
): HistoryEntry & { readonly text: string } {
  const entry = history.find(({ number }) => number === version);
  const kept = history.filter(({ text }) => text !== null).map(({ number }) => number);
  const hint = kept.length === 0 ? 'no version is kept' : `these versions are kept: ${kept.join(', ')}`;
  if (entry === undefined) throw new CommandFailure(`${app}: version ${version} is not kept`, hint);
  const { text } = entry;
  if (text === null) {
    const why = entry.act === 'rm' ? 'is its removal' : 'was too large to be kept';
    throw new CommandFailure(`${app}: version ${version} ${why}`, hint);
  }
  return { ...entry, text };
}

export function versionArgument(text: string): number {
  if (!/^[1-9]\d{0,9}$/.test(text)) throw new InvalidArgumentError('write the number of a version, such as 12.');
  return Number(text);
}
