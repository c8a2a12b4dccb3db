/** The site's own error pages, read. One that cannot be read stays as it is in the current release, else it is the plain one. */
import path from 'node:path';
import { reasonOf } from '../../src/core/thrown.js';
import { readWholeFile } from '../../src/core/whole-file.js';
import type { Problem } from '../../src/model/problem.js';
import type { Release } from '../release/release.js';
import { ERROR_CODES, errorPage } from '../sections/error-pages.js';
import type { Site } from './site.js';

/** HAProxy takes a page that fits in its buffer, with its head (tune.bufsize, 16 KiB at least). */
const MAX_PAGE_BYTES = 8_192;

const TYPES: ReadonlyMap<string, string> = new Map([
  ['.html', 'text/html; charset=utf-8'],
  ['.htm', 'text/html; charset=utf-8'],
  ['.json', 'application/json'],
]);

interface ErrorPages {
  /** Whole responses by code, for every code that HAProxy answers with. */
  readonly pages: ReadonlyMap<number, string>;
  readonly problems: readonly Problem[];
}

/** @param current the release that is switched to */
export async function readErrorPages(
  { errorPages }: Site,
  siteFile: string,
  current: Release | null,
): Promise<ErrorPages> {
  const pages = new Map<number, string>();
  const problems: Problem[] = [];
  for (const code of ERROR_CODES) {
    const file = errorPages.get(code);
    if (file === undefined) {
      pages.set(code, errorPage(code, null));
      continue;
    }
    try {
      const text = await readWholeFile(file, MAX_PAGE_BYTES);
      pages.set(
        code,
        errorPage(code, { type: TYPES.get(path.extname(file).toLowerCase()) ?? 'text/plain; charset=utf-8', text }),
      );
    } catch (error) {
      const last = current?.files.get(errorPageFile(code));
      pages.set(code, last ?? errorPage(code, null));
      const message = `site.error_pages.${code}: ${reasonOf(error)}`;
      const hint = `write a text of at most ${MAX_PAGE_BYTES} bytes; until then ${last === undefined ? 'a plain page' : 'the last one'} is sent`;
      problems.push({ severity: 'error', app: null, file: siteFile, line: null, col: null, message, hint });
    }
  }
  return { pages, problems };
}

/** Its name in a release. */
export function errorPageFile(code: number): string {
  return `errors/${code}.http`;
}
