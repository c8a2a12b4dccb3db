import { Option } from 'commander';
import { ConfigError, hostInputs, loadOptions } from '../config/option-places.js';
import { OPTIONS } from '../config/options.js';
import type { LogFormat } from '../core/log-levels.js';
import { CommandFailure, EXIT_CODES } from './exit-codes.js';

const { name, placeholder, help, fallbackHelp, environment } = OPTIONS.logFormat;

export interface LogFormatOptionValues {
  readonly logFormat?: string;
}

/** `--log-format FORMAT` as a node has it, for other programs that log. */
export function logFormatOption(): Option {
  const notes = `default: ${fallbackHelp}; env: ${environment.join(', ')}`;
  return new Option(`--${name} <${placeholder}>`, `${help} (${notes})`);
}

/** @throws CommandFailure when the flag or the variable names another format */
export function logFormatFrom({ logFormat }: LogFormatOptionValues, env: NodeJS.ProcessEnv): LogFormat {
  try {
    return loadOptions(['logFormat'], hostInputs({ [name]: logFormat }, env)).values.logFormat;
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    throw new CommandFailure(error.message, null, EXIT_CODES.usage);
  }
}
