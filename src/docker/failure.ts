/** Why the engine gave no answer that can be used. */
export type DockerFailureKind =
  /** Its socket is not there. */
  | 'missing'
  /** What stands at the path of its socket is something else. */
  | 'notSocket'
  /** This process lacks the right to open the socket, or the engine refuses what is asked. */
  | 'denied'
  /** Nothing listens there, or the way there is broken. */
  | 'unreachable'
  /** TLS: one side does not trust the other. */
  | 'untrusted'
  /** The engine took the request and was silent. */
  | 'late'
  /** The connection broke within an answer, or the event stream ended. */
  | 'cut'
  /** The engine changed, and its event stream did not say so. */
  | 'silent'
  /** The engine itself is in trouble: 429, 5xx. */
  | 'failing'
  /** The engine is not a manager of a Swarm. */
  | 'notManager'
  /** The service was changed by somebody else since it was read. */
  | 'outOfSequence'
  /** Any other refusal. */
  | 'refused'
  /** Its newest API is older than the oldest that is spoken here. */
  | 'tooOld'
  /** Its oldest API is newer than the newest that is spoken here. */
  | 'tooNew'
  /** Its answer is larger than what is read of such an answer. */
  | 'oversize'
  /** What answered is not a Docker engine, or speaks otherwise than is known here. */
  | 'malformed'
  /** A file that the connection needs cannot be read. */
  | 'unprepared';

export class DockerFailure extends Error {
  readonly kind: DockerFailureKind;

  constructor(kind: DockerFailureKind, message: string, cause?: unknown) {
    super(message, { cause });
    this.name = 'DockerFailure';
    this.kind = kind;
  }
}
