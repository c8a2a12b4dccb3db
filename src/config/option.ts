/** What an option is, and how the rows of the table are made. */
import type { TextReader } from './text-readers.js';

/** What defaults are made of; passed in, so that tests own it. */
export interface HostFacts {
  readonly hostname: string;
  /** Cores that this process may use. */
  readonly parallelism: number;
  /** Standard error is a terminal. */
  readonly isTerminal: boolean;
}

export interface Option<T> {
  /** The flag is `--name`, the key of the file is `name` (`_` is understood for `-`). */
  readonly name: string;
  /** Names of variables, the first that is set and not empty counts. */
  readonly environment: readonly string[];
  /** How a value looks, for the help: `DIR`, `ADDR:PORT`. */
  readonly placeholder: string;
  /** It has no flag: every user of the machine can read the command lines of all. */
  readonly isSecret: boolean;
  /** In the file it may be a YAML list; elsewhere its values are separated by commas. */
  readonly isList: boolean;
  /** The flag alone means true. */
  readonly isSwitch: boolean;
  readonly read: TextReader<T>;
  /** As somebody would write it, or null where the value is null when nothing is said. */
  fallback(host: HostFacts): string | null;
  /** What the help says of the default; null: nothing. */
  readonly fallbackHelp: string | null;
  /** One line, lower case, without a full stop. */
  readonly help: string;
}

/** An option as somebody wrote it. */
export interface WrittenOption {
  readonly text: string;
  /** Folder that relative paths start from. */
  readonly base: string;
  /** Where: `--bind`, `AUTOPROXY_BIND`, or a file with its place. */
  readonly file: string;
  readonly line: number | null;
  readonly col: number | null;
}

export type OptionTable = { readonly [key: string]: Option<unknown> };

interface Definition {
  readonly placeholder: string;
  readonly help: string;
  /** Names of the system that is replaced; our own name goes before them. */
  readonly oldEnvironment?: readonly string[];
  readonly isList?: boolean;
  readonly isSwitch?: boolean;
  readonly isSecret?: boolean;
  /** What the help says of the default where that is more than a text. */
  readonly fallbackHelp?: string;
}

export function option<T>(
  name: string,
  read: TextReader<T>,
  fallback: string,
  { placeholder, help, oldEnvironment = [], isList = false, isSwitch = false, isSecret = false }: Definition,
): Option<T> {
  const environment = [environmentName(name), ...oldEnvironment];
  const fallbackHelp = fallback === '' ? null : fallback;
  const kind = { isSecret, isList, isSwitch };
  return { name, environment, placeholder, ...kind, read, fallback: () => fallback, fallbackHelp, help };
}

/** One whose value is null when nothing is said. */
export function optionalOption<T>(name: string, read: TextReader<T>, definition: Definition): Option<T | null> {
  const { fallbackHelp = null } = definition;
  return { ...option<T | null>(name, read, '', definition), fallback: () => null, fallbackHelp };
}

/** One whose default is a fact of the host. */
export function hostOption<T>(
  name: string,
  read: TextReader<T>,
  fallback: (host: HostFacts) => string,
  fallbackHelp: string,
  definition: Definition,
): Option<T> {
  return { ...option(name, read, '', definition), fallback, fallbackHelp };
}

function environmentName(name: string): string {
  return `AUTOPROXY_${name.toUpperCase().replaceAll('-', '_')}`;
}
