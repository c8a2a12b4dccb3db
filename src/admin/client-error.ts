/** What goes wrong between a command and the node that it asks, in words for people. */

export type AdminClientErrorKind =
  /** Nobody listens, or the address is none. */
  | 'unreachable'
  /** Somebody listens and does not answer in time. */
  | 'timeout'
  /** Something answers, but not a node that this client understands. */
  | 'foreign'
  /** The node says no. */
  | 'refused';

/** `message` says what happened, `hint` what to do. */
export class AdminClientError extends Error {
  readonly kind: AdminClientErrorKind;
  readonly hint: string;
  /** The HTTP status, where there was an answer. */
  readonly status: number | null;

  constructor(
    kind: AdminClientErrorKind,
    message: string,
    hint: string,
    status: number | null = null,
    cause?: unknown,
  ) {
    super(message, { cause });
    this.name = 'AdminClientError';
    this.kind = kind;
    this.hint = hint;
    this.status = status;
  }
}

/** What to do where no node answers. */
export const NAME_IT =
  'start the node (autoproxy node), or name the address of a running one with --admin ADDR:PORT or unix:/PATH';
