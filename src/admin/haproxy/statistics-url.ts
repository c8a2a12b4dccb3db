/** Where HAProxy's users and their tools ask for its statistics. Pure. */
import type { RowChoice } from './rows.js';

/**
 * HAProxy's `stats uri` is any prefix. In use are the root, names that say `stats` or `haproxy`, and the `?stats` of its
 * default, also behind `admin`. Telegraf and Datadog put a slash before the words; the page's own form sends `?scope=`.
 */
const ADDRESS = /^\/([\w-]*)(\?stats)?\/?(?:\?(?:scope=[^;]*)?)?((?:;.*)?)$/;

/** What the page takes beside a format. Of these `up` and `no-maint` choose rows; the others are for people. */
const PAGE_WORD = /^(?:norefresh|up|no-maint|(?:st|scope)=.*)$/;

/** The path of a request, without its query; all addresses of HAProxy's statistics are `/;csv`, `/;json` or `/;`. */
export function pathOfUrl(url: string): string {
  const words = wordsOf(url);
  const format = words === null ? null : formatOf(words);
  return format === null ? (url.split('?')[0] ?? '') : `/;${format}`;
}

/** What the words of such an address leave out. */
export function rowChoiceOf(url: string): RowChoice {
  const words = wordsOf(url) ?? [];
  return { isUpOnly: words.includes('up'), isWithoutMaint: words.includes('no-maint') };
}

/** @returns null: it is no address of HAProxy's statistics */
function wordsOf(url: string): readonly string[] | null {
  const [, name, query, words = ''] = ADDRESS.exec(url) ?? [];
  if (name === undefined) return null;
  const isDefault = query !== undefined && (name === '' || name === 'admin');
  const isRoot = name === '' && words !== '';
  if (!isDefault && !isRoot && !/stats|haproxy/.test(name)) return null;
  return words.split(/[;?&]/).filter((word) => word !== '');
}

/** @returns '' for the page; null: none that a node has */
function formatOf(words: readonly string[]): 'csv' | 'json' | '' | null {
  if (words.includes('json')) return 'json';
  if (words.includes('csv')) return 'csv';
  return words.every((word) => PAGE_WORD.test(word)) ? '' : null;
}
