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
  /** Waits until the instance accepts; null when it has, or when its client no longer waits. */
  readonly connecting: Connecting | null;
  /** Closes the connection, and takes it out of its pool. */
  discard(): void;
}
