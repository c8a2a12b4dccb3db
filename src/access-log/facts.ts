/** What an exchange that has ended tells the access log. */

/**
 * One object for all exchanges of a worker: the data plane fills it anew for each and has it logged at once, so that no
 * exchange leaves one to the garbage collector. Durations are whole milliseconds; -1: it did not come so far.
 */
export class AccessFacts {
  isHttp = true;
  app = '';
  /** The port of the slot. */
  slot = 0;
  clientAddress = '';
  clientPort = 0;
  /** Where the client connected to: what a PROXY header says, else the port of the slot. */
  frontAddress = '';
  frontPort = 0;
  /** Id of the instance or neighbor that had it last; empty: none had it. */
  instance = '';
  instanceAddress = '';
  instancePort = 0;
  /** Of the first byte, in milliseconds since 1970. */
  startedAt = 0;
  /** Of the last byte. */
  endedAt = 0;
  /** From the accept to the end of the PROXY header. */
  handshakeMs = 0;
  /** Before the first byte, since the handshake or the response before. */
  idleMs = 0;
  headMs = -1;
  queueMs = -1;
  connectMs = -1;
  responseMs = -1;
  transferMs = -1;
  /** From the first byte to the last, without the idle time before. */
  activeMs = 0;
  /** 0: the client got none. */
  status = 0;
  bytesIn = 0;
  bytesOut = 0;
  /** The first two of HAProxy's termination flags. */
  flags = '--';
  /** The two about the sticky cookie. */
  cookieFlags = '--';
  /** Connections of clients of this worker, and of this slot. */
  workerConnections = 0;
  slotConnections = 0;
  /** Requests under way: of the slot, and of the instance. */
  slotRequests = 0;
  instanceRequests = 0;
  retries = 0;
  /** A retry went to another instance. */
  isRedispatched = false;
  /** How many waited before it: for its one instance, or for any. */
  instanceQueue = 0;
  slotQueue = 0;
  /** Empty where no request could be read. */
  method = '';
  /** In origin form. */
  target = '';
  /** HTTP/1.x. */
  minor = 1;
  host = '';
  /** Of its traceparent, and of the field that the app names; empty where the app asks for none. */
  traceId = '';
  requestId = '';
  /** Start line and fields of the request, and of the response, as they go on. */
  requestHead = '';
  responseHead = '';
  /** How many exchanges of its kind the line stands for. */
  sample = 1;
  /** Exchanges that this worker has logged, this one included. */
  count = 0;
}

/** How the lines do. */
export interface LogStanding {
  /** Lines that could not be written, since the start. */
  readonly dropped: number;
  /** Why they cannot be written at present; null: they can, or there are none. */
  readonly failure: string | null;
  /** Lines that wait for the end of the failure. */
  readonly waiting: number;
}

/** Where the data plane leaves its facts. */
export interface AccessLogger {
  readonly facts: AccessFacts;
  readonly standing: LogStanding;
  /** Lines show fields of responses. */
  readonly showsResponses: boolean;
  /** Writes a line of `facts`. */
  log(): void;
}
