/** The options of a node from all places, its file among them. */
import type { Problem } from '../model/problem.js';
import { ConfigError, type ConfigInputs, configFrom, findOptionsFile, type LoadedConfig } from './option-places.js';
import { readOptionsFile } from './options-file.js';

/** @throws ConfigError naming everything that is wrong, when anything is */
export function loadConfig(inputs: ConfigInputs): LoadedConfig {
  const file = findOptionsFile(inputs);
  return configFrom(inputs, file === null ? null : readOptionsFile(file));
}

/** @returns all that would keep a node from starting with the options as they are written now */
export function mistakesIn(inputs: ConfigInputs): readonly Problem[] {
  try {
    loadConfig(inputs);
    return [];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.problems.filter(({ severity }) => severity === 'error');
  }
}
