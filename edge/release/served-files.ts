/**
 * The file of a release that says in which file of the registry an app stood: when that one cannot be read, the app is one of
 * those that may be in it. Left out where the name of the file says it, as for each app in Consul.
 */
import path from 'node:path';
import { createKeyedObject } from '../../src/core/keyed-object.js';
import type { Origin } from '../../src/model/app.js';
import type { Release } from './release.js';

export const SERVED_FILES_FILE = 'app-files.json';

/** Name of an app → the name of its file. */
type ServedFiles = ReadonlyMap<string, string>;

/** @returns null: its name says which app it is that of */
export function servedFile(app: string, { location }: Pick<Origin, 'location'>): string | null {
  return path.parse(location).name === app ? null : path.basename(location);
}

/** @returns nothing when there is nothing to say */
export function servedFilesEntries(files: ReadonlyMap<string, string | null>): readonly (readonly [string, string])[] {
  const sorted = [...files].filter(([, file]) => file !== null).sort(([one], [other]) => (one < other ? -1 : 1));
  if (sorted.length === 0) return [];
  return [[SERVED_FILES_FILE, `${JSON.stringify(createKeyedObject(sorted))}\n`]];
}

export function servedFilesOf(release: Release | null): ServedFiles {
  const text = release?.files.get(SERVED_FILES_FILE);
  return new Map(text === undefined ? [] : Object.entries<string>(JSON.parse(text)));
}

/** The apps that stood in one of these files. @param files as they are now, with their folders */
export function appsServedFrom(release: Release | null, files: readonly string[]): readonly string[] {
  const names = new Set(files.map((file) => path.basename(file)));
  return [...servedFilesOf(release)].filter(([, file]) => names.has(file)).map(([app]) => app);
}
