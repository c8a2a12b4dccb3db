/** Where a unix socket is, who may connect to it and whose it is. */
import { MAX_SOCKET_PATH_BYTES } from '../core/socket-path.js';
import { filePath, RefusedText, type TextReader } from './text-readers.js';

/** An absolute path that the kernel takes. */
export const socketPath: TextReader<string> = (text, base) => {
  const read = filePath(text, base);
  if (read instanceof RefusedText || Buffer.byteLength(read) <= MAX_SOCKET_PATH_BYTES) return read;
  const said = `"${read.slice(0, 40)}…" has ${Buffer.byteLength(read)} bytes, and the path of a socket at most ${MAX_SOCKET_PATH_BYTES}`;
  return new RefusedText(said, 'choose a shorter path, such as /run/autoproxy/NAME.sock');
};

/** As `socketPath`, or the word `none`. */
export const socketPathOrNone: TextReader<string> = (text, base) => (text === 'none' ? text : socketPath(text, base));

/** Octal, as in chmod. */
export const fileMode: TextReader<number> = (text) =>
  /^0?[0-7]{3}$/.test(text)
    ? Number.parseInt(text, 8)
    : new RefusedText(`"${text.slice(0, 40)}" is not a file mode`, 'write three octal digits, as in chmod: 660');

/** `USER`, `USER:GROUP` or `:GROUP`, as in chown. */
export const fileOwner: TextReader<string> = (text) =>
  /^(?:[\w.-]{1,64}(?::[\w.-]{1,64})?|:[\w.-]{1,64})$/.test(text)
    ? text
    : new RefusedText(`"${text.slice(0, 40)}" is not an owner`, 'write USER, USER:GROUP or :GROUP, as in chown');
