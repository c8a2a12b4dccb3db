/** Which keys of the registry hold something. Consul's store has no folders, but its UI shows and makes them. */
import { escapeText } from '../model/problem.js';
import type { KeyEntry } from './answers.js';
import { APPS_PREFIX } from './settings.js';

/** The UI makes a folder by an empty key that ends with a slash. */
export function isFolder({ key, text }: KeyEntry): boolean {
  return key.endsWith('/') && text.trim() === '';
}

/**
 * The name of an app holds no slash, so keys below a folder are never read.
 * @param name the key without `autoproxy/apps/`
 * @returns what is wrong and what to do, safe to print; null for a key that may hold an app
 */
export function misplacedApp(name: string): { readonly message: string; readonly hint: string } | null {
  if (!name.includes('/')) return null;
  const own =
    name
      .split('/')
      .filter((part) => part !== '')
      .at(-1) ?? 'NAME';
  return {
    message: `this key is in a folder; only the keys right below ${APPS_PREFIX} are read`,
    hint: `write the definition to ${APPS_PREFIX}${escapeText(own)}, as autoproxy app put does, and delete this key`,
  };
}
