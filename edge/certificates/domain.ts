/** A domain of the site: names that one certificate serves. */
import type { Problem } from '../../src/model/problem.js';
import type { Certificate } from './certificate.js';

/** One text of PEM blocks: the chain, the key, or both. */
export interface PemFile {
  readonly file: string;
  readonly text: string;
}

/** As the site's file has it, its PEM files read. */
export interface Domain {
  /** What apps write as `tls.domain`. */
  readonly name: string;
  /** Names that are served with its certificate: hosts, or `*.` and a name; lower case, each once. */
  readonly names: readonly string[];
  /** The chain with the key, or the two of them in any order. */
  readonly pemFiles: readonly PemFile[];
  /** Where the site's file speaks of it. */
  readonly place: { readonly file: string; readonly line: number | null; readonly col: number | null };
}

export interface JudgedDomain {
  readonly name: string;
  readonly names: readonly string[];
  /** null: it has a fault, and no app that needs it can be served. */
  readonly certificate: Certificate | null;
  readonly problems: readonly Problem[];
}
