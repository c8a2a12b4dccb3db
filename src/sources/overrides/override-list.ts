/** What operators have decided, as plain data; the half that touches no disk. */
import * as v from 'valibot';
import { isOtherLife } from '../../core/lives.js';
import { issueLine } from '../../core/shapes.js';
import { stateFromText } from '../../documents/instance-words.js';
import { ADMIN_STATES, type AdminState, type App, type Instance } from '../../model/app.js';
import { type WeightDecision, weightEntry } from './weight-list.js';

export interface Override {
  readonly app: string;
  /** `ip:port`; null: every instance of the app. */
  readonly instance: string | null;
  /** The decision is about this one alone, and lapses with it; null: about any instance at the address. */
  readonly life: string | null;
  readonly state: AdminState;
  /** Who decided. */
  readonly by: string;
  /** When, ISO 8601. */
  readonly at: string;
}

const VERSION = 1;

const name = v.pipe(v.string(), v.minLength(1), v.maxLength(253));

const entry = v.object({
  app: name,
  instance: v.nullable(name),
  // Earlier releases wrote none.
  life: v.optional(v.nullable(name), null),
  // People mend this file by hand.
  state: v.pipe(v.string(), v.transform(stateFromText), v.picklist(ADMIN_STATES)),
  by: v.pipe(v.string(), v.maxLength(1_024)),
  at: v.pipe(v.string(), v.maxLength(64)),
});

// Earlier releases wrote no weights, and pass over them.
const document = v.object({
  version: v.literal(VERSION),
  overrides: v.array(v.unknown()),
  weights: v.optional(v.array(v.unknown()), []),
});

/**
 * The newest decision has the last word: one about an app ends those about its instances, one about an instance stands
 * beside that about its app and is the more precise.
 */
export function withOverride(overrides: readonly Override[], newest: Override): readonly Override[] {
  const others = overrides.filter(
    ({ app, instance }) => app !== newest.app || (newest.instance !== null && instance !== newest.instance),
  );
  return [...others, newest];
}

/** The decision in force about one instance, or null. */
export function overrideOf(
  overrides: readonly Override[],
  app: string,
  { id, life }: Pick<Instance, 'id' | 'life'>,
): Override | null {
  const concerning = overrides.filter((override) => override.app === app);
  return (
    concerning.find((override) => override.instance === id && !isOtherLife(override.life, life)) ??
    concerning.find((override) => override.instance === null) ??
    null
  );
}

/** Puts the decisions over what the sources say. Apps that none concerns are passed on as the same objects. */
export function applyOverrides(apps: readonly App[], overrides: readonly Override[]): readonly App[] {
  if (overrides.length === 0) return apps;
  const decided = new Set(overrides.map(({ app }) => app));
  return apps.map((app) => {
    if (!decided.has(app.name)) return app;
    const instances = app.instances.map((instance) => decidedInstance(app, instance, overrides));
    return instances.every((instance, index) => instance === app.instances[index]) ? app : { ...app, instances };
  });
}

/** How many decisions about containers that are not there are kept: each may come back as the life that it was. */
const MAX_ABSENT = 1_000;

/** Without those about lives whose address others have, and the oldest of those about lives that are not there. */
function withoutLapsed(overrides: readonly Override[], apps: readonly App[]): readonly Override[] {
  const lives = new Map(apps.flatMap(({ instances }) => instances.map(({ id, life }) => [id, life] as const)));
  const lapsing = overrides.filter(({ instance, life }) => life !== null && lives.get(instance ?? '') !== life);
  if (lapsing.length === 0) return overrides;
  const isReplaced = ({ instance, life }: Override): boolean => isOtherLife(life, lives.get(instance ?? '') ?? null);
  const kept = new Set(lapsing.filter((override) => !isReplaced(override)).slice(-MAX_ABSENT));
  return overrides.filter((override) => !lapsing.includes(override) || kept.has(override));
}

/**
 * Leaves out `ready` where it changes nothing: the source says ready too and no decision about the whole app says
 * otherwise. What is not known at the moment keeps its override; what is about a life that is over has lapsed.
 * @param apps as the sources say, without overrides
 */
export function prunedOverrides(overrides: readonly Override[], apps: readonly App[]): readonly Override[] {
  return withoutLapsed(overrides, apps).filter(({ app: name, instance, state }) => {
    if (state !== 'ready') return true;
    const app = apps.find((candidate) => candidate.name === name);
    if (app === undefined) return true;
    const isUnderApp = overrides.some(
      (other) => other.app === name && other.instance === null && other.state !== 'ready',
    );
    const concerned = app.instances.filter(({ id }) => instance === null || id === instance);
    if (instance !== null && (isUnderApp || concerned.length === 0)) return true;
    return concerned.some((one) => one.state !== 'ready');
  });
}

export function overridesToJson(overrides: readonly Override[], weights: readonly WeightDecision[] = []): string {
  const document = { version: VERSION, overrides, ...(weights.length > 0 && { weights }) };
  return `${JSON.stringify(document, null, 2)}\n`;
}

interface ReadOverrides {
  readonly overrides: readonly Override[];
  readonly weights: readonly WeightDecision[];
  /** One line for each entry that cannot be read: it costs no other one. */
  readonly unread: readonly string[];
}

/** @returns what the text holds, or one line that says why it holds nothing. */
export function overridesFromJson(text: string): ReadOverrides | string {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return 'it is not JSON';
  }
  const version = v.safeParse(v.object({ version: v.number() }), value);
  if (version.success && version.output.version !== VERSION) {
    return `it is of version ${version.output.version}; this program reads version ${VERSION}`;
  }
  const parsed = v.safeParse(document, value);
  if (!parsed.success) return issueLine(parsed.issues, 'the document');
  const overrides: Override[] = [];
  const unread: string[] = [];
  for (const [index, written] of parsed.output.overrides.entries()) {
    const read = v.safeParse(entry, written);
    if (read.success) overrides.push(read.output);
    else unread.push(issueLine(read.issues, 'the entry', `overrides.${index}`));
  }
  const weights: WeightDecision[] = [];
  for (const [index, written] of parsed.output.weights.entries()) {
    const read = v.safeParse(weightEntry, written);
    if (read.success) weights.push(read.output);
    else unread.push(issueLine(read.issues, 'the entry', `weights.${index}`));
  }
  return { overrides, weights, unread };
}

function decidedInstance(app: App, instance: Instance, overrides: readonly Override[]): Instance {
  const override = overrideOf(overrides, app.name, instance);
  return override === null || override.state === instance.state ? instance : { ...instance, state: override.state };
}
