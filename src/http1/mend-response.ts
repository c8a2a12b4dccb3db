/**
 * Response heads of real servers that break a rule and have one meaning all the same, written again as the rule says.
 * Only a head that was refused comes here: an orderly response costs no more for it.
 *
 * - All lines end in a bare LF (RFC 9112 2.2). A head that mixes both line ends may have been split by an attacker: refused.
 * - Folded lines (RFC 9112 5.2: replace by spaces) and blanks before a colon (RFC 9112 5.1: remove). For the fields that
 *   frame a message readers differ on both: refused.
 * - Control bytes other than NUL, CR and LF in a value or reason (RFC 9110 5.5): a space takes their place.
 * - Empty lines before the status line, left over from the response before.
 */
import { INCOMPLETE } from './fields.js';

export interface MendedHead {
  /** As the rules want it, with its empty line. */
  readonly text: string;
  /** Bytes of what it was made from. */
  readonly bytes: number;
}

const FRAMING: ReadonlySet<string> = new Set(['content-length', 'transfer-encoding', 'connection', 'upgrade']);
const MAX_EMPTY_LINES = 2;
const PROTOCOL = 'HTTP/1.';

/**
 * @param text what came, from the beginning of the head on
 * @returns null when the head can't be mended to a single meaning; INCOMPLETE when the head is not over.
 */
export function mendResponseHead(text: string): MendedHead | typeof INCOMPLETE | null {
  let start = 0;
  while (start < 2 * MAX_EMPTY_LINES && text.startsWith('\r\n', start)) start += 2;
  const rest = text.slice(start);
  if (rest.length < PROTOCOL.length && (PROTOCOL.startsWith(rest) || rest === '\r')) return INCOMPLETE;
  if (!rest.startsWith(PROTOCOL)) return null;
  const firstLf = rest.indexOf('\n');
  if (firstLf === -1) return INCOMPLETE;
  const lineEnd = rest.charAt(firstLf - 1) === '\r' ? '\r\n' : '\n';
  const end = rest.indexOf(lineEnd + lineEnd);
  const head = end === -1 ? rest : rest.slice(0, end + lineEnd.length);
  if (lineEnd === '\n' ? head.includes('\r') : /(?:^|[^\r])\n|\r(?!\n|$)/.test(head)) return null;
  if (end === -1) return INCOMPLETE;
  const lines = mendLines(head.slice(0, -lineEnd.length).split(lineEnd));
  return lines === null ? null : { text: `${lines.join('\r\n')}\r\n\r\n`, bytes: start + end + 2 * lineEnd.length };
}

function mendLines([statusLine = '', ...fieldLines]: readonly string[]): readonly string[] | null {
  const lines = [withoutControls(statusLine)];
  /** A field and its folds, joined once: joined with each, many folds would cost the square of their number. */
  let folds: string[] = [];
  for (const line of fieldLines) {
    const [first] = folds;
    if (line.startsWith(' ') || line.startsWith('\t')) {
      if (first === undefined || isFraming(first)) return null;
      folds.push(withoutControls(line.replace(/^[ \t]+/, '')));
    } else {
      if (first !== undefined) lines.push(folds.join(' '));
      const mended = withoutControls(line.replace(/^([^\s:]+)[ \t]+:/, '$1:'));
      if (mended !== line && isFraming(mended)) return null;
      folds = [mended];
    }
  }
  if (folds.length > 0) lines.push(folds.join(' '));
  return lines;
}

function isFraming(line: string): boolean {
  return FRAMING.has(line.slice(0, line.indexOf(':')).toLowerCase());
}

function withoutControls(line: string): string {
  return line.replace(CONTROLS, ' ');
}

/** All but NUL, HTAB, LF and CR. */
const CONTROLS = new RegExp(
  `[${String.fromCharCode(1)}-${String.fromCharCode(8)}${String.fromCharCode(0x0b, 0x0c)}${String.fromCharCode(0x0e)}-${String.fromCharCode(0x1f, 0x7f)}]`,
  'g',
);
