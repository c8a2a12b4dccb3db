/** One question to HAProxy over a UNIX socket, and its answer to the end (management guide, 9.3). */
import { connect } from 'node:net';

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
export function askSocket(file: string, command: string, timeoutMs = ANSWER_MS): Promise<string> {
  return new Promise((resolve, reject) => {
    const parts: Buffer[] = [];
    let bytes = 0;
    const socket = connect(file);
    const timer = setTimeout(() => fail(`no answer within ${timeoutMs / 1_000} s`, false), timeoutMs);
    const fail = (reason: string, isAbsent: boolean): void => {
      clearTimeout(timer);
      socket.destroy();
      reject(new SocketFailure(`${file}: ${reason}`, isAbsent));
    };
    socket.on('connect', () => socket.end(`${command}\n`));
    socket.on('data', (part: Buffer) => {
      parts.push(part);
      bytes += part.length;
      if (bytes > MAX_ANSWER_BYTES) fail('the answer has no end', false);
    });
    socket.on('end', () => {
      clearTimeout(timer);
      resolve(Buffer.concat(parts).toString('utf8'));
    });
    socket.on('error', (error: NodeJS.ErrnoException) => {
      const isAbsent = error.code === 'ENOENT' || error.code === 'ECONNREFUSED';
      fail(isAbsent ? 'nobody listens there' : error.message, isAbsent);
    });
  });
}
