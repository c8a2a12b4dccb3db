/** How a log is asked for, in options: apart from the log itself, so that a command that writes none does not load it. */
export const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** `text` is for people, `json` for machines: one JSON object a line. Both have ISO times and names of levels. */
export const LOG_FORMATS = ['text', 'json'] as const;
export type LogFormat = (typeof LOG_FORMATS)[number];

/** The format unless another one is asked for: text where a person reads standard error on a terminal. */
export function defaultLogFormat(isTerminal: boolean): LogFormat {
  return isTerminal ? 'text' : 'json';
}
