/** The blocks of a PEM text (RFC 7468), with their lines. What stands between them is for people and not read. */

export interface PemBlock {
  /** `CERTIFICATE`, `PRIVATE KEY`, ... */
  readonly label: string;
  /** From the line that begins it to the line that ends it. */
  readonly text: string;
  readonly file: string;
  /** Of its first line, from 1. */
  readonly line: number;
}

const BLOCK = /^-----BEGIN ([A-Z0-9 ]+)-----\r?\n[\s\S]*?^-----END \1-----/gm;

/** @returns the blocks that are whole; a beginning without its end is none */
export function pemBlocksOf(text: string, file: string): readonly PemBlock[] {
  return [...text.matchAll(BLOCK)].map((match) => ({
    label: match[1] ?? '',
    text: match[0],
    file,
    line: text.slice(0, match.index).split('\n').length,
  }));
}
