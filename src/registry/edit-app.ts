/** One change of a document as it stands in the registry, also when somebody else writes it meanwhile. */
import { type Registry, RegistryFailure, type StoredApp } from './registry.js';

const MAX_ATTEMPTS = 20;

/**
 * @param edit from what is there to its new text; an equal text writes nothing
 * @returns whether something was written; false also where the app is gone
 * @throws RegistryFailure
 */
export async function editApp(registry: Registry, name: string, edit: (stored: StoredApp) => string): Promise<boolean> {
  for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt += 1) {
    const stored = await registry.get(name);
    if (stored === null) return false;
    const text = edit(stored);
    if (text === stored.text) return false;
    if (await registry.put(name, text, stored.version, null)) return true;
  }
  throw new RegistryFailure(`${name}: it kept changing during the write`, 'find out who else writes it, and try again');
}
