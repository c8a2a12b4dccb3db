/** `-` in the place of a file, as in `kubectl apply -f -`: a text from another program, through a pipe. */
import { reasonOf } from '../core/thrown.js';
import { MAX_DOCUMENT_BYTES } from '../documents/service-document.js';
import type { CommandContext } from './command-context.js';
import { CommandFailure } from './exit-codes.js';

/** What a command line writes for it, and what messages call it. */
export const STDIN_WORD = '-';
export const STDIN_NAME = '<stdin>';

/**
 * Reads it to its end. The stream of the process is read, not `/dev/stdin`: a socket, which `ssh` and Node give their
 * children, cannot be opened by a path.
 * @throws CommandFailure when it is empty, longer than a file may be, or cannot be read
 */
export async function readStandardInput({ terminal }: CommandContext): Promise<string> {
  const { stdin } = process;
  if (stdin.isTTY) terminal.warn(`autoproxy: reading ${STDIN_NAME}; Ctrl-D ends it`);
  const parts: Buffer[] = [];
  let length = 0;
  try {
    for await (const part of stdin as AsyncIterable<Buffer>) {
      parts.push(part);
      length += part.length;
      if (length > MAX_DOCUMENT_BYTES) break;
    }
  } catch (error) {
    throw new CommandFailure(`${STDIN_NAME}: ${reasonOf(error)}`);
  }
  if (length > MAX_DOCUMENT_BYTES)
    throw new CommandFailure(
      `${STDIN_NAME}: it has more than the ${MAX_DOCUMENT_BYTES} bytes that are read`,
      'split it into several files',
    );
  const text = Buffer.concat(parts).toString('utf8');
  if (text.trim() === '')
    throw new CommandFailure(`${STDIN_NAME}: it is empty`, 'did the program before the pipe fail?');
  return text;
}
