/** Options from all the places where they may stand. Precedence: default < file < environment < flag. */
import { statSync } from 'node:fs';
import { availableParallelism, hostname } from 'node:os';
import path from 'node:path';
import { isatty } from 'node:tty';
import { nearestName } from '../core/nearest-name.js';
import { shorten } from '../core/short-text.js';
import { formatProblem, type Problem } from '../model/problem.js';
import type { Config } from './config.js';
import type { HostFacts, Option, OptionTable, WrittenOption } from './option.js';
import { CONFIG_OPTION, OPTIONS } from './options.js';
import type { OptionsFile } from './options-file.js';
import { type Setting, settingOf } from './settings.js';
import { RefusedText } from './text-readers.js';
import { unusedOptions } from './unused-options.js';

export interface ConfigInputs {
  /** By name of the option without dashes before it (`services-dir`, and `config`); undefined is not given. */
  readonly flags: Readonly<Record<string, string | undefined>>;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly host: HostFacts;
  /** Relative paths of flags and variables start here; those of the file start at its folder. */
  readonly workingDir: string;
  /** Read when it is there and no other file is named. */
  readonly defaultFile?: string;
}

/** What this machine and process say, beside the flags and variables. */
export function hostInputs(flags: ConfigInputs['flags'], env: ConfigInputs['env']): ConfigInputs {
  const host = { hostname: hostname(), parallelism: availableParallelism(), isTerminal: isatty(2) };
  return { flags, env, host, workingDir: workingDirOf(env) };
}

/** Of a folder that was removed the shell has the name still: relative paths are missing there, all else goes on. */
function workingDirOf({ PWD }: ConfigInputs['env']): string {
  try {
    return process.cwd();
  } catch {
    return PWD !== undefined && path.isAbsolute(PWD) ? PWD : '/';
  }
}

export interface LoadedConfig {
  readonly config: Config;
  /** The file that was read, or null. */
  readonly file: string | null;
  readonly warnings: readonly Problem[];
  /** Each option with where its value comes from, in the order of the table. */
  readonly settings: readonly Setting[];
}

/** All that is wrong at once; `message` is one line a problem. */
export class ConfigError extends Error {
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[]) {
    super(problems.map(formatProblem).join('\n'));
    this.name = 'ConfigError';
    this.problems = problems;
  }
}

export interface ReadOptions<Key extends keyof Config> {
  readonly values: Pick<Config, Key>;
  /** Of those that are not at their defaults. */
  readonly places: ReadonlyMap<Key, WrittenOption>;
}

const TABLE: OptionTable = OPTIONS;

/**
 * @param file that of `findOptionsFile`, read; null: there is none
 * @throws ConfigError naming everything that is wrong, when anything is
 */
export function configFrom(inputs: ConfigInputs, file: OptionsFile | null): LoadedConfig {
  const problems: Problem[] = [
    ...unknownFlags(inputs.flags),
    ...unknownVariables(inputs.env),
    ...(file?.problems ?? []),
  ];
  const inFile = file?.written ?? new Map<string, WrittenOption>();
  const { values: config, places } = readOptions(Object.keys(TABLE) as (keyof Config)[], inputs, inFile, problems);
  const unused = unusedOptions(config).map(({ key, message, hint }) =>
    problemAt('warning', OPTIONS[key], places.get(key), message, hint),
  );
  const settings = Object.keys(TABLE).map((name) => {
    const key = name as keyof Config;
    return settingOf(key, places.get(key) ?? null, OPTIONS[key].fallback(inputs.host));
  });
  return { config, file: file?.path ?? null, warnings: [...problems, ...unused], settings };
}

/**
 * Some options alone, for commands other than `node`.
 * @param file null: from flags and the environment alone
 * @throws ConfigError naming everything that is wrong with these, when anything is
 */
export function loadOptions<Key extends keyof Config>(
  keys: readonly Key[],
  inputs: ConfigInputs,
  file: OptionsFile | null = null,
): ReadOptions<Key> {
  return readOptions(keys, inputs, file?.written ?? new Map(), []);
}

/** @throws ConfigError when there is an error among the problems, those that were known before too */
function readOptions<Key extends keyof Config>(
  keys: readonly Key[],
  { flags, env, host, workingDir }: ConfigInputs,
  inFile: ReadonlyMap<string, WrittenOption>,
  problems: Problem[],
): ReadOptions<Key> {
  const values: Partial<Record<Key, unknown>> = {};
  const places = new Map<Key, WrittenOption>();
  for (const key of keys) {
    const option: Option<unknown> = OPTIONS[key];
    const flag = option.isSecret ? undefined : flags[option.name];
    const written =
      flag === undefined
        ? (variableOf(option, env, workingDir) ?? inFile.get(key))
        : { text: flag, base: workingDir, file: `--${option.name}`, line: null, col: null };
    if (written !== undefined && written !== null) places.set(key, written);
    values[key] = readOption(option, written ?? defaultOf(option, host, workingDir), problems);
  }
  if (problems.some(({ severity }) => severity === 'error')) throw new ConfigError(problems);
  // Each key of the table holds what its own reader gave.
  return { values: values as unknown as Pick<Config, Key>, places };
}

function readOption(option: Option<unknown>, written: WrittenOption | null, problems: Problem[]): unknown {
  if (written === null) return null;
  const value = option.read(written.text.trim(), written.base);
  if (!(value instanceof RefusedText)) return value;
  problems.push(problemAt('error', option, written, value.refusal.message, value.refusal.hint));
  return null;
}

function problemAt(
  severity: Problem['severity'],
  { name }: Option<unknown>,
  place: WrittenOption | undefined,
  message: string,
  hint: string | null,
): Problem {
  const { file, line, col } = place ?? { file: `--${name}`, line: null, col: null };
  return { severity, app: null, file, line, col, message: line === null ? message : `${name}: ${message}`, hint };
}

function defaultOf(option: Option<unknown>, host: HostFacts, base: string): WrittenOption | null {
  const text = option.fallback(host);
  // A host name can be something that a node must not be called: then it has to be named.
  return text === null ? null : { text, base, file: `default of --${option.name}`, line: null, col: null };
}

/** An empty variable is one that is not set: that is how compose files and unit files leave one out. */
function variableOf(option: Option<unknown>, env: ConfigInputs['env'], base: string): WrittenOption | null {
  for (const name of option.environment) {
    const text = env[name];
    if (text !== undefined && text !== '') return { text, base, file: name, line: null, col: null };
  }
  return null;
}

function unknownFlags(flags: ConfigInputs['flags']): Problem[] {
  const options = Object.values(TABLE).filter(({ isSecret }) => !isSecret);
  const names = [CONFIG_OPTION.name, ...options.map(({ name }) => name)];
  return Object.keys(flags)
    .filter((name) => flags[name] !== undefined && !names.includes(name))
    .map((name) => unknownName('error', `--${name}`, 'this option does not exist', nearestName(name, names), '--'));
}

/** A warning only: a container is given variables by others too. */
function unknownVariables(env: ConfigInputs['env']): Problem[] {
  const names = [...CONFIG_OPTION.environment, ...Object.values(TABLE).flatMap(({ environment }) => environment)];
  return Object.keys(env)
    .filter((name) => name.startsWith('AUTOPROXY_') && !names.includes(name as never))
    .map((name) => unknownName('warning', name, 'this variable sets no option', nearestName(name, names), ''));
}

function unknownName(
  severity: Problem['severity'],
  file: string,
  message: string,
  nearest: string | null,
  prefix: string,
): Problem {
  const hint = nearest === null ? 'it has no effect; remove it' : `did you mean ${prefix}${nearest}?`;
  return { severity, app: null, file: shorten(file), line: null, col: null, message, hint };
}

/** @returns the absolute path of the file to read, or null when none was named and the usual one is not there */
export function findOptionsFile({ flags, env, workingDir, defaultFile }: ConfigInputs): string | null {
  const variable = CONFIG_OPTION.environment.map((name) => env[name]).find((text) => text !== undefined && text !== '');
  const named = flags[CONFIG_OPTION.name] ?? variable;
  if (named !== undefined) return path.resolve(workingDir, named);
  const usual = defaultFile ?? CONFIG_OPTION.fallback;
  return isAbsent(usual) ? null : path.resolve(usual);
}

/** One that is there and cannot be read is not absent: starting without what it says would be a surprise. */
function isAbsent(file: string): boolean {
  try {
    return statSync(file, { throwIfNoEntry: false }) === undefined;
  } catch {
    return false;
  }
}
