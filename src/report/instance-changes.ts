/** Which source changed what of an app: its definition comes from one, its instances may come from the engine. Pure. */
import type { App, Instance } from '../model/app.js';
import { containerWords } from '../model/container-words.js';
import type { InstanceReport, SourceReading } from '../sources/source.js';
import { type AppDiff, describeAppDiff } from '../state/diff.js';
import { type ChangedValues, changedValues } from './changed-values.js';

/** A source as far as it is asked here. */
export interface ToldSource {
  readonly name: string;
  readonly reading: Pick<SourceReading, 'apps' | 'offers' | 'claims'> | null;
  reportInstances(app: string): readonly InstanceReport[];
}

/** What is served of an app, and what its source wrote of it; the difference is the engine's. */
interface ServedApp {
  readonly app: App;
  /** null: no source defines it at present. */
  readonly definition: App | null;
}

/** One of the changes that came together. */
interface ToldChange extends ChangedValues {
  readonly text: string;
  readonly source: string;
}

const KINDS = ['added', 'removed', 'replaced', 'changed'] as const;
type Kind = (typeof KINDS)[number];
const SIGNS = { added: '+', removed: '-', replaced: 'another life of ', changed: '~' } as const;
/** More would push out what happened before. */
const MAX_TEXTS = 5;

/** By name, each from the first source that has it. @param sources in order of precedence */
export function definitionsIn(sources: readonly ToldSource[]): ReadonlyMap<string, App> {
  const apps = sources.toReversed().flatMap(({ reading }) => reading?.apps ?? []);
  return new Map(apps.map((app) => [app.name, app]));
}

/**
 * @param giver whose definition it is, for people
 * @returns one for what the definition changed, and one for each instance that the engine changed
 */
export function describeChange(
  { before, after, diff }: { readonly before: ServedApp; readonly after: ServedApp; readonly diff: AppDiff },
  giver: string,
  sources: readonly ToldSource[],
): readonly ToldChange[] {
  const engine = sources.find(({ reading }) => reading?.offers !== undefined);
  const byEngine = new Map<string, string>();
  for (const kind of KINDS) {
    for (const id of diff[kind]) {
      const instance = instanceIn(after, id) ?? instanceIn(before, id);
      if (engine === undefined || instance === undefined || isOfDefinition(kind, id, before, after)) continue;
      const words = wordsOf(engine, after.app.name, instance);
      if (words !== null) byEngine.set(id, `${SIGNS[kind]}${id}: ${words}`);
    }
  }
  const toldOf = (part: AppDiff, source: string, text: string): ToldChange => ({
    ...changedValues(before.app, after.app, part),
    text,
    source,
  });
  const rest = partOf(diff, (id) => !byEngine.has(id));
  const restText = describeAppDiff(rest);
  const ofDefinition = restText === '' ? [] : [toldOf(rest, after.app.origin.source, `by ${giver}: ${restText}`)];
  if (engine === undefined || byEngine.size === 0) return ofDefinition;
  const told = (isMeant: (id: string) => boolean, words: string | null): ToldChange => {
    const part = { ...partOf(diff, isMeant), settings: [] };
    return toldOf(part, engine.name, `by ${engine.name}: ${words ?? describeAppDiff(part)}`);
  };
  if (byEngine.size > MAX_TEXTS) return [...ofDefinition, told((id) => byEngine.has(id), null)];
  return [...ofDefinition, ...[...byEngine].map(([id, words]) => told((other) => other === id, words))];
}

function partOf(diff: AppDiff, isMeant: (id: string) => boolean): AppDiff {
  const { added, removed, replaced, changed } = diff;
  return {
    ...diff,
    added: added.filter(isMeant),
    removed: removed.filter(isMeant),
    replaced: replaced.filter(isMeant),
    changed: changed.filter(isMeant),
  };
}

/** Whether the definition says so itself. Of what it lists it has the only say in weight and state. */
function isOfDefinition(kind: Kind, id: string, before: ServedApp, after: ServedApp): boolean {
  const [old, now] = [before, after].map((served) => (isListed(served, id) ? instanceIn(served, id) : undefined));
  switch (kind) {
    case 'added':
      return isListed(after, id) && !isListed(before, id);
    case 'removed':
      return isListed(before, id) && !isListed(after, id);
    case 'replaced':
      return false;
    case 'changed':
      return now !== undefined && (old?.weight !== now.weight || old.state !== now.state);
  }
}

function isListed({ definition }: ServedApp, id: string): boolean {
  return definition?.instances.some((instance) => instance.id === id) === true;
}

function instanceIn({ app }: ServedApp, id: string): Instance | undefined {
  return app.instances.find((instance) => instance.id === id);
}

/** @returns null where the engine has nothing to do with it */
function wordsOf(engine: ToldSource, app: string, { id, host, container }: Instance): string | null {
  const reports = engine.reportInstances(app).filter(({ address }) => address === id);
  const own = container === null ? undefined : reports.find(({ place }) => place === containerWords(container));
  const report = own ?? reports[0];
  if (report !== undefined) return report.leftOut === null ? report.place : `${report.place}: ${report.leftOut}`;
  const claim = engine.reading?.claims?.find((one) => one.host === host);
  if (claim !== undefined)
    return `${containerWords(claim.container)}${claim.why === '' ? ' has this address' : `: ${claim.why}`}`;
  return container === null ? null : `${containerWords(container)} is gone`;
}
