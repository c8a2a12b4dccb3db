/**
 * An app that is served and whose definition is at fault now serves on as the current release has it: a slip of the pen
 * takes nobody off the front door. It never takes anything from an app that is without fault.
 */
import type { AppDefinition } from '../src/model/app-definition.js';
import { errorsFirst, type Problem } from '../src/model/problem.js';
import { admitApps } from './admit-apps.js';
import type { JudgedDomain } from './certificates/domain.js';
import { type Release, releaseFromFiles } from './release/release.js';
import {
  DEFINITIONS_FILE,
  definitionFrom,
  definitionsOf,
  definitionsText,
  servedDefinition,
} from './release/served-definitions.js';
import { type Rendered, type RenderInput, render } from './render.js';

export interface StoredDefinition {
  readonly definition: AppDefinition;
  /** Its document. */
  readonly text: string;
}

export interface LastGoodInput extends Omit<RenderInput, 'admission'> {
  readonly stored: readonly StoredDefinition[];
  /** Names of apps whose documents can not be read. */
  readonly unreadable: readonly string[];
  readonly domains: readonly JudgedDomain[];
  /** What is switched to; null: nothing serves yet. */
  readonly current: Release | null;
}

/** Renders all apps, those at fault as they were; the result holds what the next time is to go on from. */
export function renderWithLastGood({ stored, unreadable, domains, current, ...rest }: LastGoodInput): Rendered {
  const definitions = stored.map(({ definition }) => definition);
  const renderApps = (apps: readonly AppDefinition[]): Rendered =>
    render({ ...rest, admission: admitApps(apps, domains) });
  const first = renderApps(definitions);
  const faulty = new Set([...unreadable, ...first.refused]);
  const before = definitionsOf(current);
  const healthy = definitions.filter(({ name }) => !faulty.has(name));
  let kept = [...faulty].sort().flatMap((name) => definitionFrom(before.get(name) ?? null) ?? []);
  let rendered = first;
  while (kept.length > 0) {
    const attempt = renderApps([...healthy, ...kept]);
    if (attempt.refused.length === 0) {
      rendered = attempt;
      break;
    }
    // One that stands against another app goes; where only others would suffer, all of them do.
    const refused = new Set(attempt.refused);
    const harmless = kept.filter(({ name }) => !refused.has(name));
    kept = harmless.length < kept.length ? harmless : [];
  }
  const served = new Map<string, unknown>(kept.map(({ name }) => [name, before.get(name)]));
  for (const { definition, text } of stored)
    if (!faulty.has(definition.name)) served.set(definition.name, servedDefinition(text));
  return withDefinitions(rendered, first, kept, served, [...faulty]);
}

function withDefinitions(
  rendered: Rendered,
  first: Rendered,
  kept: readonly AppDefinition[],
  definitions: ReadonlyMap<string, unknown>,
  faulty: readonly string[],
): Rendered {
  const isServed = new Set(rendered.served);
  const record = new Map([...definitions].filter(([name]) => isServed.has(name)));
  const faults = first.problems.filter(({ app }) => app !== null && faulty.includes(app));
  const others = rendered.problems.filter(({ app }) => app === null || !faulty.includes(app));
  return {
    release: releaseFromFiles([...rendered.release.files, [DEFINITIONS_FILE, definitionsText(record)]]),
    apps: rendered.apps,
    served: rendered.served,
    refused: faulty.filter((name) => !isServed.has(name)).sort(),
    problems: errorsFirst([...faults, ...others, ...kept.map(servesOn)]),
  };
}

function servesOn({ name, origin }: AppDefinition): Problem {
  const message = `${name}: its definition is at fault; the last good one serves on`;
  const hint = 'mend what is named above, or remove the app';
  return { severity: 'warning', app: name, file: origin.location, line: null, col: null, message, hint };
}
