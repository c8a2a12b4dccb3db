/** One question to HAProxy over a UNIX socket, and its answer to the end (management guide, 9.3). */
import { connect } from 'node:net';
import { GatheredBytes } from '../../src/core/gathered-bytes.js';

const ANSWER_MS = 10_000;
const MAX_ANSWER_BYTES = 64 * 1_048_576;

/** Nobody answers at the socket, or not in time. */
export class SocketFailure extends Error {
  /** Nobody listens there: HAProxy does not run. */
  readonly isAbsent: boolean;

  constructor(message: string, isAbsent: boolean) {
    super(message);
    this.name = 'SocketFailure';
    this.isAbsent = isAbsent;
  }
}

/**
 * A connection for each question: both sockets close after their answer, and a poll that hangs holds up no other.
 * @param command as it is written, without its line end
 * @throws SocketFailure
 */
export function askSocket(
  file: string,
  command: string,
  timeoutMs = ANSWER_MS,
  maxBytes = MAX_ANSWER_BYTES,
): Promise<string> {
  return new Promise((resolve, reject) => {
    const answer = new GatheredBytes(maxBytes);
    const socket = connect(file);
    const timer = setTimeout(() => fail(`no answer within ${timeoutMs / 1_000} s`, false), timeoutMs);
    const fail = (reason: string, isAbsent: boolean): void => {
      clearTimeout(timer);
      socket.destroy();
      reject(new SocketFailure(`${file}: ${reason}`, isAbsent));
    };
    socket.on('connect', () => socket.end(`${command}\n`));
    socket.on('data', (part: Buffer) => {
      if (!answer.add(part))
        fail(`the answer to "${nameOf(command)}" has more than the ${maxBytes} bytes that are read`, false);
    });
    socket.on('end', () => {
      clearTimeout(timer);
      resolve(answer.text());
    });
    socket.on('error', (error: NodeJS.ErrnoException) => {
      const isAbsent = error.code === 'ENOENT' || error.code === 'ECONNREFUSED';
      const isGone = error.code === 'ECONNRESET' || error.code === 'EPIPE';
      const reason = isGone ? 'HAProxy ended before it answered' : error.message;
      fail(isAbsent ? 'nothing listens there' : reason, isAbsent);
    });
  });
}

/** A batch of lines begins with what is done with them. */
function nameOf(command: string): string {
  return (command.split('\n', 1)[0] ?? '').slice(0, 60);
}
