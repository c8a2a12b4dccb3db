/** How options of the access log are read. */
import { formatProblem } from '../access-log/format/access-format.js';
import { isSyslog, parseSyslog } from '../access-log/targets/syslog-place.js';
import { isRefusal } from '../core/refusal.js';
import { filePath, RefusedText, type TextReader } from './text-readers.js';

/** A file, `-` for standard output, a receiver of syslog, or null. */
export const logTarget: TextReader<string | null> = (text, base) => {
  if (text === 'none') return null;
  if (isSyslog(text)) {
    const place = parseSyslog(text);
    return isRefusal(place) ? new RefusedText(place.message, place.hint) : text;
  }
  return text === '-' ? '-' : filePath(text, base);
};

export const accessFormat: TextReader<string> = (text) => {
  const problem = formatProblem(text);
  return problem === null ? text : new RefusedText(problem.message, problem.hint);
};

export const fieldName: TextReader<string> = (text) =>
  /^[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,256}$/.test(text)
    ? text
    : new RefusedText(`"${text.slice(0, 40)}" is not the name of a field`, 'write names such as Host,User-Agent');
