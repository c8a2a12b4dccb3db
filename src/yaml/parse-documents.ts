/** From a text that anybody may have written to the documents of the parser, which is kept from what it cannot bear. */
import { type Document, parseAllDocuments } from 'yaml';
import { reasonOf } from '../core/thrown.js';
import type { TextProblems } from './text-problems.js';

export type YamlVersion = '1.1' | '1.2';

/**
 * Far above what an app needs, far below what exhausts the parser's stack. A regular expression that fails to compile for
 * lack of stack ends the whole process; no `catch` sees it.
 */
const MAX_NESTING = 100;

const FORBIDDEN = [
  {
    pattern: /[\0-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff]/,
    message: 'there is a control character here; this is not text',
    hint: 'write YAML as plain UTF-8 text',
  },
  {
    // Decoding puts it in the place of bytes that are not UTF-8.
    pattern: /\ufffd/,
    message: 'there is a byte here that is not UTF-8',
    hint: 'save the file as UTF-8',
  },
] as const;

/** The parser repeats the text at the end of its messages: `Unexpected token: "x"`, `Invalid escape sequence \q`. */
const PARSER_REPEATS = /((?<=\S): | ["!%&*\\]|(?<=directive|version) ).*$/s;

/** @returns null for a text with a syntax error, noted in `problems`: nothing of such a text can be believed. */
export function parseDocuments(
  text: string,
  version: YamlVersion,
  problems: TextProblems,
): readonly Document.Parsed[] | null {
  if (isUnparsable(text, problems)) return null;
  const documents = documentsOf(text, version, problems);
  if (documents === null) return null;
  let isBroken = false;
  for (const { errors, directives } of documents) {
    for (const { pos, message } of errors) {
      isBroken = true;
      problems.note('error', null, pos[0], wordsOfParser(message, problems), 'this is not YAML; fix the line');
    }
    // A text of 1.2 that calls itself 1.1 would turn "no" into false before the strict readers see it.
    if (version === '1.2' && directives?.yaml.version !== version) {
      isBroken = true;
      const offset = Math.max(0, text.indexOf('%YAML'));
      problems.note('error', null, offset, 'this is read as YAML 1.2', 'remove the line that begins with %');
    }
  }
  return isBroken ? null : documents;
}

/** Judges the characters and the depth of a text, and notes what the parser must not see. */
function isUnparsable(text: string, problems: TextProblems): boolean {
  const refuse = (offset: number, message: string, hint: string): true => {
    problems.countLines(text.slice(0, offset));
    problems.note('error', null, offset, message, hint);
    return true;
  };
  for (const { pattern, message, hint } of FORBIDDEN) {
    const offset = text.search(pattern);
    if (offset >= 0) return refuse(offset, message, hint);
  }
  const tooDeep = findDeepNesting(text);
  return tooDeep !== null && refuse(tooDeep, 'this is nested too deeply', 'an app needs four levels');
}

function documentsOf(text: string, version: YamlVersion, problems: TextProblems): readonly Document.Parsed[] | null {
  try {
    return parseAllDocuments(text, {
      version,
      lineCounter: problems.lines,
      // The parser's own comparison of keys takes quadratic time; YamlText compares them.
      uniqueKeys: false,
      prettyErrors: false,
      logLevel: 'silent',
    });
  } catch (error) {
    // A bug of the parser costs this file its newest version, and nothing else.
    const words = wordsOfParser(reasonOf(error), problems);
    problems.note('error', null, 0, `the parser failed: ${words}`, 'simplify the file');
    return null;
  }
}

/** The parser's message without the part of the text that it repeats, which may be a secret of an environment. */
function wordsOfParser(message: string, { hidesContent }: TextProblems): string {
  if (hidesContent) return 'there is a mistake here';
  return `${message.charAt(0).toLowerCase()}${message.slice(1)}`.replace(PARSER_REPEATS, '');
}

/**
 * The place where brackets or indentation go too deep, before anything is parsed. Brackets in quotes count too: a text
 * with a hundred of them unclosed is refused, which no real app is.
 */
function findDeepNesting(text: string): number | null {
  const indented = text.search(/^[ \t?:-]{200,}\S/m);
  let depth = 0;
  for (const { 0: bracket, index } of text.matchAll(/[[\]{}]/g)) {
    depth = bracket === '[' || bracket === '{' ? depth + 1 : Math.max(0, depth - 1);
    if (depth > MAX_NESTING) return index;
  }
  return indented >= 0 ? indented : null;
}
