/**
 * An app that is served and whose definition is at fault now serves on as the current release has it: a slip of the pen
 * takes nobody off the front door. It never takes anything from an app in service that is without fault.
 */
import type { AppDefinition, RouteHost } from '../src/model/app-definition.js';
import { errorsFirst, type Problem } from '../src/model/problem.js';
import { slotsClash } from '../src/model/slot-clashes.js';
import type { SlotRecord, StoredApps } from '../src/registry/registry.js';
import type { HeldSlots } from './admission.js';
import { admitApps } from './admit-apps.js';
import type { JudgedDomain } from './certificates/domain.js';
import { type Release, releaseFromFiles } from './release/release.js';
import {
  DEFINITIONS_FILE,
  definitionFrom,
  definitionsOf,
  definitionsText,
  type ServedDefinitions,
  servedDefinition,
} from './release/served-definitions.js';
import { appsServedFrom, servedFile, servedFilesEntries, servedFilesOf } from './release/served-files.js';
import { type Rendered, type RenderInput, render } from './render.js';

interface StoredDefinition {
  readonly definition: AppDefinition;
  /** Its document. */
  readonly text: string;
}

interface LastGoodInput extends Omit<RenderInput, 'admission'> {
  readonly stored: readonly StoredDefinition[];
  /** Names of apps whose documents are unreadable: `unreadableApps` of what the registry holds. */
  readonly unreadable: readonly string[];
  readonly domains: readonly JudgedDomain[];
  /** What is switched to; null: nothing serves yet. */
  readonly current: Release | null;
  /** What the registry has recorded: it decides between apps of which none is served yet. */
  readonly recordedSlots?: readonly SlotRecord[];
}

/** Renders all apps, those at fault as they were; the result holds what the next time is to go on from. */
export function renderWithLastGood({
  stored,
  unreadable,
  domains,
  current,
  recordedSlots = [],
  ...rest
}: LastGoodInput): Rendered {
  const before = definitionsOf(current);
  const held = heldSlots(before, recordedSlots);
  const renderApps = (apps: readonly AppDefinition[]): Rendered =>
    render({ ...rest, admission: admitApps(apps, domains, held) });
  const definitions = stored.map(({ definition }) => definition);
  const first = renderApps(definitions);
  const faulty = new Set([...unreadable, ...first.refused]);
  const isFaulty = ({ app }: Problem): boolean => app !== null && faulty.has(app);
  const healthy = definitions.filter(({ name }) => !faulty.has(name));
  const lastGood = [...faulty].sort().flatMap((name) => definitionFrom(before.get(name) ?? null) ?? []);
  const { rendered, kept, displaced } = withoutHarm(first, healthy, lastGood, before, renderApps);
  const served = new Set(rendered.served);
  const record = new Map(kept.map(({ name }) => [name, before.get(name)]));
  const filesBefore = servedFilesOf(current);
  const files = new Map(kept.map(({ name }) => [name, filesBefore.get(name) ?? null]));
  for (const { definition, text } of stored) {
    const { name, origin } = definition;
    if (!served.has(name) || faulty.has(name)) continue;
    record.set(name, servedDefinition(text));
    files.set(name, servedFile(name, origin));
  }
  return {
    ...rendered,
    release: releaseFromFiles([
      ...rendered.release.files,
      [DEFINITIONS_FILE, definitionsText(record)],
      ...servedFilesEntries(files),
    ]),
    refused: [...new Set([...faulty, ...displaced.flatMap(({ app }) => app ?? [])])]
      .filter((name) => !served.has(name))
      .sort(),
    problems: errorsFirst([
      ...first.problems.filter(isFaulty),
      ...displaced,
      ...rendered.problems.filter((problem) => !isFaulty(problem)),
      ...kept.map(servesOn),
    ]),
  };
}

/** Apps that may stand in a document that cannot be read: those that it names, and those that were served from its file. */
export function unreadableApps(
  { apps, refused, unreadable }: Pick<StoredApps, 'apps' | 'refused' | 'unreadable'>,
  current: Release | null,
): readonly string[] {
  const readable = new Set(apps.map(({ definition }) => definition.name));
  const served = appsServedFrom(
    current,
    unreadable.map(({ file }) => file),
  );
  return [...new Set([...refused, ...served.filter((name) => !readable.has(name))])];
}

/** The hosts with routes, each once: of the apps as they are written, of an unreadable one as it is served. */
export function routedHosts(
  stored: readonly StoredDefinition[],
  unreadable: readonly string[],
  current: Release | null,
): readonly RouteHost[] {
  const before = definitionsOf(current);
  const lastGood = unreadable.flatMap((name) => definitionFrom(before.get(name) ?? null) ?? []);
  const hosts = [...stored.map(({ definition }) => definition), ...lastGood].flatMap(
    ({ edge }) => edge?.routes.map(({ host }) => host) ?? [],
  );
  return [...new Map(hosts.map((host) => [JSON.stringify(host), host])).values()];
}

interface Harmless {
  readonly rendered: Rendered;
  /** Of the last good ones, those that are served. */
  readonly kept: readonly AppDefinition[];
  /** What is said of newcomers that want what the kept ones have. */
  readonly displaced: readonly Problem[];
}

/**
 * As many of the last good ones as can be served beside the healthy ones. A newcomer gets nothing that an app in service has,
 * at fault or not: nobody can say of a definition that can't be read that it gave up a route.
 * @param first what there is without any
 * @param before the apps in service
 */
function withoutHarm(
  first: Rendered,
  healthy: readonly AppDefinition[],
  lastGood: readonly AppDefinition[],
  before: ServedDefinitions,
  renderApps: (apps: readonly AppDefinition[]) => Rendered,
): Harmless {
  let kept = lastGood;
  let others = healthy;
  let displaced: readonly Problem[] = [];
  while (kept.length > 0) {
    const rendered = renderApps([...others, ...kept]);
    if (rendered.refused.length === 0) return { rendered, kept, displaced };
    const isRefusedNewcomer = (name: string): boolean => rendered.refused.includes(name) && !before.has(name);
    const staying = others.filter(({ name }) => !isRefusedNewcomer(name));
    if (staying.length < others.length) {
      others = staying;
      displaced = [...displaced, ...rendered.problems.filter(({ app }) => app !== null && isRefusedNewcomer(app))];
      continue;
    }
    // One that stands against another app goes; where only others would suffer, all of them do.
    const harmless = kept.filter(({ name }) => !rendered.refused.includes(name));
    kept = harmless.length < kept.length ? harmless : [];
    others = healthy;
    displaced = [];
  }
  return { rendered: first, kept, displaced: [] };
}

/** An app that is served has its slot, else the one for which it is recorded. */
function heldSlots(before: ServedDefinitions, recorded: readonly SlotRecord[]): HeldSlots {
  const held = new Map<string, number>();
  for (const [name, keys] of before) {
    const slot = definitionFrom(keys)?.slot ?? null;
    if (slot !== null) held.set(name, slot);
  }
  const served = [...held];
  for (const { port, app } of recorded)
    if (!held.has(app) && !served.some(([, slot]) => slotsClash(slot, port))) held.set(app, port);
  return held;
}

function servesOn({ name, origin }: AppDefinition): Problem {
  const message = `${name}: its definition has errors; the last good version stays in service`;
  const hint = 'fix the problems above, or remove the app';
  return { severity: 'warning', app: name, file: origin.location, line: null, col: null, message, hint };
}
