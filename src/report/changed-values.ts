/** What a change of an app was before, and what it is after, as two short texts. Pure. */
import type { App, Instance } from '../model/app.js';
import type { AppDiff } from '../state/diff.js';

export interface ChangedValues {
  readonly before: string;
  readonly after: string;
}

/** `127.0.0.1:8080 weight 1, retries 3` and `127.0.0.1:8080 weight 5, 127.0.0.1:8081, retries 1`. */
export function changedValues(before: App, after: App, diff: AppDiff): ChangedValues {
  const old = new Map(before.instances.map((instance) => [instance.id, instance]));
  const now = new Map(after.instances.map((instance) => [instance.id, instance]));
  const pairs = diff.changed.map((id) => instanceValues(old.get(id), now.get(id)));
  const replaced = diff.replaced.map((id) => [lifeText(old.get(id)), lifeText(now.get(id))] as const);
  const settings = diff.settings.map((name) => {
    const key = name as keyof App;
    return [`${name} ${valueText(before[key])}`, `${name} ${valueText(after[key])}`] as const;
  });
  const both = [...replaced, ...pairs, ...settings];
  return {
    before: joined([...diff.removed, ...both.map(([text]) => text)]),
    after: joined([...diff.added, ...both.map(([, text]) => text)]),
  };
}

function joined(texts: readonly string[]): string {
  return texts.length === 0 ? 'none' : texts.join(', ');
}

function instanceValues(before: Instance | undefined, after: Instance | undefined): readonly [string, string] {
  if (before === undefined || after === undefined) return [before?.id ?? 'none', after?.id ?? 'none'];
  const names = (['weight', 'state'] as const).filter((name) => before[name] !== after[name]);
  if (names.length === 0) return [lifeText(before), lifeText(after)];
  const textOf = (instance: Instance): string =>
    `${instance.id} ${names.map((name) => `${name} ${instance[name]}`).join(' ')}`;
  return [textOf(before), textOf(after)];
}

function lifeText(instance: Instance | undefined): string {
  if (instance === undefined) return 'none';
  return instance.container === null ? instance.id : `${instance.id} in ${instance.container.name}`;
}

function valueText(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
