import { type DestinationStream, type Logger, pino } from 'pino';

export type Log = Logger;

export const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export interface LogOptions {
  readonly level: LogLevel;
  /** Stands on every line: `primary`, `worker 2`. */
  readonly name: string;
  readonly destination?: DestinationStream;
}

/** While standard error takes nothing (a full disk, a reader that is gone), this much waits; what is beyond is lost. */
const MAX_WAITING_BYTES = 1_048_576;

/** JSON lines on standard error, so that standard output stays the programs' and the access log's. */
export function createLog({ level, name, destination }: LogOptions): Log {
  return pino({ level, name, base: { name, pid: process.pid } }, destination ?? standardError());
}

function standardError(): DestinationStream {
  const destination = pino.destination({ dest: 2, sync: true, maxLength: MAX_WAITING_BYTES });
  // Without a listener the error would end the process. There is nowhere left to say it.
  destination.on('error', () => {});
  return destination;
}

/** Says nothing; for tests and for library users who bring no log. */
export const silentLog: Log = pino({ level: 'silent' });
