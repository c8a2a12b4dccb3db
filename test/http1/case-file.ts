/**
 * Reads parser cases from Markdown: a `##` heading a case, the message in one fence, what must come of it in the next.
 *
 *     ## Title, then why
 *     ```request maxBytes=64 trusted     (or: response, chunked; the words are options)
 *     GET / HTTP/1.1\r\n                 (line breaks of the document do not count, every byte of the message is written)
 *     ```
 *     ```expect
 *     complete                           (or: incomplete, or a code of core/errors)
 *     target: /
 *     block: GET / HTTP/1.1\r\n          (goes on over the following lines)
 *     ```
 *
 * Escapes: `\r` `\n` `\t` `\\` `\xHH`, and `\{ab*300}` for a repetition. Texts hold one char a byte (latin1).
 */
import { readdirSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';

export type CaseKind = 'request' | 'response' | 'chunked';

export interface ParserCase {
  readonly file: string;
  readonly title: string;
  readonly kind: CaseKind;
  readonly options: ReadonlyMap<string, string>;
  readonly message: string;
  readonly verdict: string;
  readonly properties: ReadonlyMap<string, string>;
}

/** The documents stand beside the sources; tests run from dist/test/http1. */
const CASES = fileURLToPath(new URL('../../../test/http1/cases/', import.meta.url));

export function readCases(): readonly ParserCase[] {
  const files = readdirSync(CASES).filter((name) => name.endsWith('.md'));
  return files.sort().flatMap((name) => parseCases(basename(name, '.md'), readFileSync(`${CASES}${name}`, 'utf8')));
}

export function parseCases(file: string, document: string): readonly ParserCase[] {
  const [, ...sections] = document.split(/^## /m);
  const cases: ParserCase[] = [];
  for (const section of sections) {
    const title = section.slice(0, section.indexOf('\n')).trim();
    const fences = [...section.matchAll(/^```(\w+)([^\n]*)\n(.*?)^```$/gms)];
    if (fences.length === 0 || fences.length % 2 === 1) throw new Error(`${file}: "${title}": fences come in pairs`);
    for (let index = 0; index < fences.length; index += 2) {
      cases.push(caseOf(file, title, fences[index] ?? [], fences[index + 1] ?? []));
    }
  }
  return cases;
}

function caseOf(file: string, title: string, input: readonly string[], expected: readonly string[]): ParserCase {
  const [, kind = '', words = '', body = ''] = input;
  const [, name, , outcome = ''] = expected;
  if (kind !== 'request' && kind !== 'response' && kind !== 'chunked') throw new Error(`${file}: "${title}": ${kind}?`);
  if (name !== 'expect') throw new Error(`${file}: "${title}": the second fence is no "expect"`);
  const [verdict = '', ...lines] = outcome.trimEnd().split('\n');
  const options = new Map<string, string>();
  for (const word of words.trim().split(/\s+/)) options.set(word.split('=')[0] ?? '', word.split('=')[1] ?? 'true');
  const properties = new Map<string, string>();
  let last = '';
  for (const line of lines) {
    const match = /^(\w+): ?(.*)$/.exec(line);
    // Field lines of a block look like properties too; a block is always the last one.
    if (match === null || last === 'block') properties.set(last, `${properties.get(last) ?? ''}${line}`);
    else {
      last = match[1] ?? '';
      properties.set(last, match[2] ?? '');
    }
  }
  for (const [key, value] of properties) properties.set(key, unescapeText(value));
  return { file, title, kind, options, message: unescapeText(body.replaceAll('\n', '')), verdict, properties };
}

const ESCAPES: Readonly<Record<string, string>> = { r: '\r', n: '\n', t: '\t', '\\': '\\' };

export function unescapeText(text: string): string {
  return text.replace(/\\(?:x([0-9a-fA-F]{2})|\{(.*?)\*(\d+)\}|(.))/gs, (whole, hex, repeated, count, letter) => {
    if (hex !== undefined) return String.fromCharCode(Number.parseInt(hex, 16));
    if (repeated !== undefined) return unescapeText(repeated).repeat(Number(count));
    const escaped = ESCAPES[letter];
    if (escaped === undefined) throw new Error(`unknown escape ${whole}`);
    return escaped;
  });
}

/** For messages of failures: the way the documents write bytes. */
export function escapeText(text: string): string {
  return text
    .replaceAll('\\', '\\\\')
    .replaceAll('\r', '\\r')
    .replaceAll('\n', '\\n')
    .replaceAll('\t', '\\t')
    .replace(/[^\x20-\x7e]/g, (char) => `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`);
}
