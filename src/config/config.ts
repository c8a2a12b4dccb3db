import type { Option } from './option.js';
import type { OPTIONS } from './options.js';

/** The options of a node, validated and with all defaults filled in; the keys are those of the table. */
export type Config = {
  readonly [Key in keyof typeof OPTIONS]: (typeof OPTIONS)[Key] extends Option<infer T> ? T : never;
};
