/** Whom `drain`, `ready` and `maint` are about: an app, one instance, or a container. Pure. */
import type { InstanceStatus, StateDocument } from '../admin/state-document.js';
import { nearestName } from '../core/nearest-name.js';
import { containerWords, SHORT_ID_DIGITS } from '../model/container-words.js';
import { instancesNamed } from '../model/find-instance.js';
import { escapeText } from '../model/problem.js';
import { CommandFailure, EXIT_CODES } from './exit-codes.js';

/** What one request to the node is about. */
export interface StateTarget {
  readonly app: string;
  /** `ip:port`, or the id of a container; null: all instances of the app. */
  readonly instance: string | null;
}

/** @throws CommandFailure for what is neither `NAME` nor `APP/INSTANCE` */
export function parseTarget(target: string): StateTarget {
  const [app = '', instance, ...rest] = target.split('/');
  if (app === '' || instance === '' || rest.length > 0) {
    const hint = 'write APP, APP/IP:PORT, APP/CONTAINER or CONTAINER; autoproxy status --instances shows them';
    throw new CommandFailure(`"${escapeText(target)}" is neither an app nor an instance`, hint, EXIT_CODES.usage);
  }
  return { app, instance: instance ?? null };
}

/**
 * A word that is no app of this node is a container: its name, its id, or the beginning of that.
 * @returns what to ask for; more than one where a container serves several apps
 * @throws CommandFailure when nothing is so called
 */
export function targetsIn(
  { apps }: Pick<StateDocument, 'apps'>,
  { app, instance }: StateTarget,
): readonly StateTarget[] {
  if (instance !== null || apps.some(({ name }) => name === app)) return [{ app, instance }];
  const all = apps.flatMap((one) => one.instances.map((status) => ({ app: one.name, ...status })));
  const found = instancesNamed(all, app).filter(({ id }) => id !== app);
  if (found.length === 0)
    throw unknownTarget(
      app,
      apps.map(({ name }) => name),
      all,
    );
  const named = new Map(found.map((one) => [one.app, { app: one.app, instance: one.container?.id ?? one.id }]));
  return [...named.values()];
}

/**
 * What the word of an app could have meant besides, and how to mean that.
 * @returns null: no container has the name of the app, or it is all that the app has
 */
export function otherMeaning({ apps }: Pick<StateDocument, 'apps'>, { app, instance }: StateTarget): string | null {
  const meant = apps.find(({ name }) => name === app);
  if (instance !== null || meant === undefined) return null;
  const ofContainer = ({ container }: InstanceStatus): boolean => container?.name === app;
  const others = apps.filter(({ name }) => name !== app);
  const container = apps.flatMap(({ instances }) => instances).find(ofContainer)?.container;
  if (container == null) return null;
  if (meant.instances.every(ofContainer) && !others.some(({ instances }) => instances.some(ofContainer))) return null;
  return `${app} is an app and a container; the app is meant. For the container write ${container.id.slice(0, SHORT_ID_DIGITS)}`;
}

/** Whether a target is about this instance. */
export function isMeant(target: StateTarget, app: string, instance: InstanceStatus): boolean {
  if (target.app !== app) return false;
  return target.instance === null || instancesNamed([instance], target.instance).length > 0;
}

function unknownTarget(
  word: string,
  apps: readonly string[],
  instances: readonly (InstanceStatus & { readonly app: string })[],
): CommandFailure {
  const containers = instances.flatMap(({ container }) => (container == null ? [] : [container]));
  const matching = [...new Set(containers.filter(({ id }) => id.startsWith(word)).map(containerWords))];
  if (word.length > 0 && matching.length > 1) {
    const message = `several containers begin with ${escapeText(word)}: ${matching.slice(0, 5).join(', ')}`;
    return new CommandFailure(message, 'write more of the id, or a name');
  }
  const message = `"${escapeText(word)}" is neither an app of this node nor a container that has an instance`;
  const nearest = nearestName(word, [...apps, ...containers.map(({ name }) => name)]);
  const hint =
    nearest === null
      ? 'autoproxy status --instances shows them; autoproxy why APP shows containers that are left out'
      : `did you mean ${nearest}?`;
  return new CommandFailure(message, hint);
}
