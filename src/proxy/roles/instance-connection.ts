/** A request, or a client of a TCP slot, that an instance has not accepted yet. */
export interface Connecting {
  /** The instance that its client is bound to; empty for none. */
  readonly stickyId: string;
  /** Nothing was sent: it drops the connection and takes another instance. */
  goElsewhere(): void;
}

/** Any connection to an instance, as the instance sees it. */
export interface InstanceConnection {
  readonly isIdle: boolean;
  /** When the request or the client that it carries began, by the monotonic clock; Infinity: it carries none. */
  readonly busySince: number;
  /** Nothing is read from it at present: what it leads to waits. */
  isPaused: boolean;
  /** Bytes that were read from it since it was opened. */
  readonly bytesRead: number;
  /** Waits until the instance accepts; null when it has, or when its client no longer waits. */
  readonly connecting: Connecting | null;
  /** Closes the connection, and takes it out of its pool. */
  discard(): void;
}
