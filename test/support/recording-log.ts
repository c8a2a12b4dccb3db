import { createLog, type Log } from '../../src/core/log.js';
import type { LogLevel } from '../../src/core/log-levels.js';

export interface LogLine {
  readonly level: LogLevel;
  readonly msg: string;
  readonly [field: string]: unknown;
}

/** A real log whose lines a test can read. */
export function createRecordingLog(): { readonly log: Log; readonly lines: LogLine[] } {
  const lines: LogLine[] = [];
  const write = (text: string): void => {
    lines.push(JSON.parse(text) as LogLine);
  };
  return { log: createLog({ level: 'debug', name: 'test', destination: { write } }), lines };
}
