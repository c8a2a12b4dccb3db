/** The options of a node from all places, its file among them. */
import { type ConfigInputs, configFrom, findOptionsFile, type LoadedConfig } from './option-places.js';
import { readOptionsFile } from './options-file.js';

/** @throws ConfigError naming everything that is wrong, when anything is */
export function loadConfig(inputs: ConfigInputs): LoadedConfig {
  const file = findOptionsFile(inputs);
  return configFrom(inputs, file === null ? null : readOptionsFile(file));
}
