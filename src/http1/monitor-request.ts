import type { ErrorCode } from '../core/errors.js';
import { ConnectionOptions } from './connection-options.js';
import { type HeadLimits, INCOMPLETE, trimmed } from './fields.js';
import { type Framing, parseContentLength } from './framing.js';
import { textOf } from './latin1.js';

/** What a health port reads of a request. */
export interface MonitorRequest extends Framing {
  /** Bytes of the head with its empty line, and with empty lines before it. */
  readonly bytes: number;
  /** Without query; of an absolute target too. */
  readonly path: string;
  readonly isHead: boolean;
  readonly minor: 0 | 1;
  readonly isKeepAlive: boolean;
}

const REQUEST_LINE = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+) +([!-~]+) +HTTP\/(\d\.\d)\r?$/;
const ABSOLUTE = /^[a-z][a-z0-9+.-]*:\/\/[^/?]*/i;
const FIELD = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+):(.*)$/s;

/**
 * Reads a request as lightly as HAProxy's `monitor-uri` does: any method, any Host or none, any version, lines that end in
 * LF, folded fields. A slot can't be that light, since an instance could read the same bytes differently; a health port
 * answers by itself, so it only needs to find the end of each request.
 */
export function readMonitorRequest(
  bytes: Buffer,
  from: number,
  to: number,
  limits: HeadLimits,
): MonitorRequest | typeof INCOMPLETE | ErrorCode {
  const text = textOf(bytes, from, Math.min(to, from + limits.maxBytes));
  const unfinished = text.length < limits.maxBytes ? INCOMPLETE : 'HEAD_TOO_LARGE';
  const start = text.search(/[^\r\n]/);
  const lineEnd = start === -1 ? -1 : text.indexOf('\n', start);
  if (lineEnd === -1) return unfinished;
  const match = REQUEST_LINE.exec(text.slice(start, lineEnd));
  if (match === null) return 'VERSION_INVALID';
  const [, method = '', target = '', version = ''] = match;
  // No target of CONNECT has a path, and a 200 would open a tunnel (RFC 9110 9.3.6).
  if (method === 'CONNECT') return 'TARGET_INVALID';
  const emptyLine = /\n\r?\n/g;
  emptyLine.lastIndex = lineEnd;
  if (emptyLine.exec(text) === null) return unfinished;
  const fields = readFraming(text.slice(lineEnd + 1, emptyLine.lastIndex), limits.maxFields);
  if (typeof fields === 'string') return fields;
  const { contentLength, isChunked, options } = fields;
  const minor = version === '1.0' ? 0 : 1;
  return {
    bytes: emptyLine.lastIndex,
    path: target.replace(ABSOLUTE, '').replace(/\?.*$/s, ''),
    isHead: method === 'HEAD',
    minor,
    isKeepAlive: !options.close && (minor === 1 || options.keepAlive),
    contentLength,
    isChunked,
  };
}

interface FramingFields extends Framing {
  readonly options: ConnectionOptions;
}

function readFraming(block: string, maxFields: number): FramingFields | ErrorCode {
  const lines = block.replace(/\r?\n(?=[ \t])/g, '').split('\n');
  const options = new ConnectionOptions();
  let count = 0;
  let contentLength = -1;
  let isChunked = false;
  for (const line of lines) {
    if (line === '' || line === '\r') continue;
    count += 1;
    if (count > maxFields) return 'TOO_MANY_FIELDS';
    const match = FIELD.exec(line.endsWith('\r') ? line.slice(0, -1) : line);
    if (match === null) return 'FIELD_NAME_INVALID';
    const [, name = '', untrimmed = ''] = match;
    const value = trimmed(untrimmed);
    switch (name.toLowerCase()) {
      case 'content-length': {
        const length = parseContentLength(value, 0, value.length);
        if (typeof length === 'string') return length;
        if (contentLength !== -1 && contentLength !== length) return 'LENGTH_INVALID';
        contentLength = length;
        break;
      }
      case 'transfer-encoding':
        if (value.toLowerCase() !== 'chunked') return 'CODING_UNSUPPORTED';
        isChunked = true;
        break;
      case 'connection':
        options.add(value);
        break;
    }
  }
  // RFC 9112 6.3: the coding counts, and the connection must not be used again.
  if (isChunked && contentLength !== -1) options.close = true;
  return { contentLength, isChunked, options };
}
