/**
 * A reader turns one YAML node into one value, or notes what is wrong with it, and carries the JSON Schema of what it
 * accepts. A table of keys is made of readers.
 */
import { isMap, isScalar, isSeq, type Node } from 'yaml';
import { shorten } from '../core/short-text.js';
import type { Instance } from '../model/app.js';
import { INVALID, type Invalid, type YamlText } from './yaml-text.js';

export type JsonSchema = { readonly [key: string]: unknown };

export interface Reader<T> {
  readonly schema: JsonSchema;
  /** `value` says something: a key without a value never comes here. */
  read(value: Node, place: Place): T | Invalid;
}

export interface Key<T> {
  readonly reader: Reader<T>;
  readonly isRequired: boolean;
  /** What the key means when it is not there. */
  readonly fallback: T | undefined;
  readonly help: string;
  /** Other names that are understood. */
  readonly aliases: readonly string[];
}

export type KeyTable = { readonly [name: string]: Key<unknown> };
export type Values<Table extends KeyTable> = {
  readonly [Name in keyof Table]: Table[Name] extends Key<infer T> ? T : never;
};

/** Where a value stands: the text, the app and the path of keys that messages begin with. */
export interface Place {
  readonly text: YamlText;
  /** The name of the source, for origins. */
  readonly source: string;
  /** null: not known yet, or of no one app. */
  readonly app: string | null;
  readonly path: string;
  /**
   * lenient, for the old files: an unknown key is a warning, a quoted number a number. strict, for the registry: both
   * are errors.
   */
  readonly reading: 'lenient' | 'strict';
  /** Instances of the app as they are in force, by id: what counts where a word of one cannot be read. */
  readonly lastInstances?: ReadonlyMap<string, Instance>;
}

export function required<T>(reader: Reader<T>, help: string, aliases: readonly string[] = []): Key<T> {
  return { reader, isRequired: true, fallback: undefined, help, aliases };
}

export function optional<T>(reader: Reader<T>, fallback: T, help: string, aliases: readonly string[] = []): Key<T> {
  return { reader, isRequired: false, fallback, help, aliases };
}

export function refuse(place: Place, node: Node, message: string, hint: string): Invalid {
  place.text.note('error', place.app, node, `${place.path}: ${message}`, hint);
  return INVALID;
}

/** The text of a scalar, without quotes; null for a map or a list. */
export function sourceOf(value: Node): string | null {
  return isScalar(value) ? (value.source ?? String(value.value)) : null;
}

export function describe(value: Node): string {
  if (isMap(value)) return 'a map';
  if (isSeq(value)) return 'a list';
  return `"${shorten(sourceOf(value) ?? '')}"`;
}
