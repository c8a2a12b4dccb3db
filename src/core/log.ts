import { type DestinationStream, type Logger, pino, stdTimeFunctions } from 'pino';
import type { LogFormat, LogLevel } from './log-levels.js';
import { TextLines } from './log-line.js';

export type Log = Logger;

interface LogOptions {
  readonly level: LogLevel;
  /** Stands on every line: `primary`, `worker 2`. */
  readonly name: string;
  /** By default `json`. */
  readonly format?: LogFormat;
  readonly destination?: DestinationStream;
}

/** While standard error takes nothing (a full disk, a reader that is gone), this much waits; what is beyond is lost. */
const MAX_WAITING_BYTES = 1_048_576;

/** Writes to standard error by default: standard output belongs to the programs and the access log. */
export function createLog({ level, name, format = 'json', destination = standardError() }: LogOptions): Log {
  return pino(
    {
      level,
      name,
      base: { name, pid: process.pid },
      formatters: { level: (label) => ({ level: label }) },
      timestamp: stdTimeFunctions.isoTime,
    },
    format === 'text' ? new TextLines(destination) : destination,
  );
}

function standardError(): DestinationStream {
  const destination = pino.destination({ dest: 2, sync: true, maxLength: MAX_WAITING_BYTES });
  // Without a listener the error would end the process. There is nowhere left to say it.
  destination.on('error', () => {});
  return destination;
}

/** Says nothing; for tests and for library users who bring no log. */
export const silentLog: Log = pino({ level: 'silent' });
