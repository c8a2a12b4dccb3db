import { nearestName } from '../../core/nearest-name.js';
import type { Registry, StoredApp, StoredApps } from '../../registry/registry.js';
import { mayBeUnreadable, unreadableReason } from '../../registry/stored-apps.js';
import { CommandFailure } from '../exit-codes.js';

/** @throws CommandFailure that names the nearest one, or what is wrong with it */
export async function storedApp(registry: Registry, name: string): Promise<StoredApp> {
  const stored = await registry.list();
  const found = stored.apps.find(({ definition }) => definition.name === name);
  if (found !== undefined) return found;
  throw missingApp(registry.place, name, stored);
}

/** @param place of the registry */
export function missingApp(place: string, name: string, stored: StoredApps): CommandFailure {
  const reason = unreadableReason(stored, name);
  if (stored.refused.includes(name)) return new CommandFailure(`the definition of ${name} is invalid`, reason);
  if (mayBeUnreadable(stored, name))
    return new CommandFailure(
      `${place} has no app ${name}, but a document that cannot be read: it may be that of ${name}`,
      reason,
    );
  const nearest = nearestName(
    name,
    stored.apps.map(({ definition }) => definition.name),
  );
  const hint = nearest === null ? 'autoproxy app ls lists the apps' : `did you mean ${nearest}?`;
  return new CommandFailure(`${place} has no app ${name}`, hint);
}
