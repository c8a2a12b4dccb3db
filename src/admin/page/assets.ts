/** The files of the page, read once: a request names an entry of this table and never a path. */
import { createHash, randomBytes } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { readWholeFile } from '../../core/whole-file.js';

export interface Asset {
  readonly contentType: string;
  readonly text: string;
  readonly etag: string;
}

/** What the build puts there. */
const FOLDER = fileURLToPath(new URL('../browser/assets', import.meta.url));
const DOCUMENT = 'page.html';
const MAX_FILE_BYTES = 1_048_576;
const TOKEN_BYTES = 24;
/** Where the document takes the token. */
const TOKEN_MARK = '{{token}}';

const CONTENT_TYPES: ReadonlyMap<string, string> = new Map([
  ['.html', 'text/html; charset=utf-8'],
  ['.css', 'text/css; charset=utf-8'],
  ['.js', 'text/javascript; charset=utf-8'],
  ['.svg', 'image/svg+xml; charset=utf-8'],
]);

export class PageAssets {
  /** What the changes of the page carry; of this start of the node. */
  readonly token = randomBytes(TOKEN_BYTES).toString('base64url');
  readonly document: Asset;
  readonly #byName: ReadonlyMap<string, Asset>;

  private constructor(texts: ReadonlyMap<string, string>) {
    const document = (texts.get(DOCUMENT) ?? '').replace(TOKEN_MARK, this.token);
    this.document = assetFrom(DOCUMENT, document);
    const files = [...texts].filter(([name]) => name !== DOCUMENT);
    this.#byName = new Map(files.map(([name, text]) => [name, assetFrom(name, text)]));
  }

  /** @throws Error when the page was not built */
  static async load(): Promise<PageAssets> {
    const names = (await readdir(FOLDER)).filter((name) => CONTENT_TYPES.has(path.extname(name)));
    const read = async (name: string) => [name, await readWholeFile(path.join(FOLDER, name), MAX_FILE_BYTES)] as const;
    return new PageAssets(new Map(await Promise.all(names.map(read))));
  }

  /** null for an unknown file. */
  file(name: string): Asset | null {
    return this.#byName.get(name) ?? null;
  }
}

function assetFrom(name: string, text: string): Asset {
  return {
    contentType: CONTENT_TYPES.get(path.extname(name)) ?? 'application/octet-stream',
    text,
    etag: `"${createHash('sha256').update(text).digest('base64url').slice(0, 22)}"`,
  };
}
