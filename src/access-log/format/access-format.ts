import { isRefusal, type Refusal } from '../../core/refusal.js';
import { NO_END } from '../line-buffer.js';
import { CAPTURE_FIELDS } from './captures.js';
import { jsonWriters } from './json-format.js';
import { type Piece, parseFormat } from './parse-format.js';
import type { Field } from './writer.js';
import { type FormatContext, literal, type Writer } from './writer.js';

/** A format, ready to write lines. */
interface AccessFormat {
  readonly http: readonly Writer[];
  readonly tcp: readonly Writer[];
  /** It shows fields of responses, whose heads are kept for that. */
  readonly showsResponses: boolean;
}

interface FormatTexts {
  readonly http: string;
  readonly tcp: string;
}

const TCPLOG = '%ci:%cp [%t] %ft %b/%s %Tw/%Tc/%Tt %B %ts %ac/%fc/%bc/%sc/%rc %sq/%bq';
const HTTPLOG =
  '%ci:%cp [%tr] %ft %b/%s %TR/%Tw/%Tc/%Tr/%Ta %ST %B %CC %CS %tsc %ac/%fc/%bc/%sc/%rc %sq/%bq %hr %hs %{+Q}r';

/** HAProxy's formats by their names; `haproxy` is httplog and tcplog with ISO 8601 times and without %hs. */
export const NAMED_FORMATS: ReadonlyMap<string, FormatTexts> = new Map(
  Object.entries({
    haproxy: { http: HTTPLOG.replace('%tr', '%tiso').replace(' %hs', ''), tcp: TCPLOG.replace('%t]', '%tiso]') },
    httplog: { http: HTTPLOG, tcp: TCPLOG },
    tcplog: { http: TCPLOG, tcp: TCPLOG },
    clf: {
      http:
        '%{+Q}o %{-Q}ci - - [%trg] %r %ST %B "" "" %cp %ms %ft %b %s %TR %Tw %Tc %Tr %Ta %tsc ' +
        '%ac %fc %bc %sc %rc %sq %bq %CC %CS %hrl %hsl',
      tcp:
        '%{+Q}o %{-Q}ci - - [%T] "TCP " 000 %B "" "" %cp %ms %ft %b %s %Th %Tw %Tc %Tt %U %ts-- ' +
        '%ac %fc %bc %sc %rc %sq %bq "" ""',
    },
  }),
);

const CAPTURES_OF_RESPONSE: ReadonlySet<Field> = new Set([CAPTURE_FIELDS.hs, CAPTURE_FIELDS.hsl]);

const SPACE = 0x20;
const JSON_FORMAT = 'json';
export const DEFAULT_FORMAT = 'haproxy';

/** @returns why it is neither a name nor a format string; null: it is one */
export function formatProblem(text: string): Refusal | null {
  if (text === JSON_FORMAT || NAMED_FORMATS.has(text)) return null;
  const parsed = parseFormat(text);
  return isRefusal(parsed) ? parsed : null;
}

/**
 * @param text a name, or a format string of HAProxy
 * @throws Error when it is neither
 */
export function compileFormat(text: string, context: FormatContext): AccessFormat {
  if (text === JSON_FORMAT) return { http: jsonWriters(true), tcp: jsonWriters(false), showsResponses: false };
  const { http, tcp } = NAMED_FORMATS.get(text) ?? { http: text, tcp: text };
  const pieces = [piecesOf(http), piecesOf(tcp)].map((parsed) => joinTexts(shownPieces(parsed, context)));
  const [ofHttp = [], ofTcp = []] = pieces.map((parsed) => writersOf(parsed, context));
  const showsResponses = pieces.flat().some((piece) => piece.kind === 'field' && piece.field.isOfResponse === true);
  return { http: ofHttp, tcp: ofTcp, showsResponses };
}

function piecesOf(text: string): readonly Piece[] {
  const parsed = parseFormat(text);
  if ('message' in parsed) throw new Error(`${parsed.message}; ${parsed.hint}`);
  return parsed;
}

/** Without captures of responses no head of one is kept. */
function shownPieces(pieces: readonly Piece[], { responseCaptures }: FormatContext): readonly Piece[] {
  const isEmpty = (piece: Piece): boolean =>
    piece.kind === 'field' && responseCaptures.length === 0 && CAPTURES_OF_RESPONSE.has(piece.field);
  return pieces.filter((piece) => !isEmpty(piece));
}

/** What is the same in each line, one after the other, is one text. */
function joinTexts(pieces: readonly Piece[]): readonly Piece[] {
  const joined: Piece[] = [];
  for (const piece of pieces) {
    const last = joined.at(-1);
    const text = fixedTextOf(piece);
    if (last?.kind === 'text' && piece.kind === 'space') {
      if (!last.text.endsWith(' ')) joined.splice(-1, 1, { kind: 'text', text: `${last.text} ` });
    } else if (text === null) joined.push(piece);
    else if (last?.kind === 'text') joined.splice(-1, 1, { kind: 'text', text: last.text + text });
    else joined.push({ kind: 'text', text });
  }
  return joined;
}

function fixedTextOf(piece: Piece): string | null {
  if (piece.kind === 'text') return piece.text;
  return piece.kind === 'field' ? (piece.field.fixedText?.(piece.flags) ?? null) : null;
}

/** A space or a single character behind a field is written with it, where the field can: half of a line's calls were theirs. */
function writersOf(pieces: readonly Piece[], context: FormatContext): Writer[] {
  const writers: Writer[] = [];
  for (let index = 0; index < pieces.length; index += 1) {
    const [piece, next] = [pieces[index], pieces[index + 1]];
    if (piece === undefined) continue;
    const end =
      next === undefined || piece.kind !== 'field' || piece.field.takesEnd?.(piece.flags) !== true
        ? NO_END
        : byteOf(next);
    writers.push(writerOf(piece, context, end));
    if (end !== NO_END) index += 1;
  }
  return writers;
}

function byteOf(piece: Piece): number {
  if (piece.kind === 'space') return SPACE;
  return piece.kind === 'text' && piece.text.length === 1 ? piece.text.charCodeAt(0) & 255 : NO_END;
}

function writerOf(piece: Piece, context: FormatContext, end: number): Writer {
  switch (piece.kind) {
    case 'text':
      return literal(piece.text);
    case 'space':
      return (line) => line.separate();
    case 'field':
      return piece.field.compile(piece.flags, context, end);
  }
}
