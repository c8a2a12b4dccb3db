/**
 * Buffers carry these two methods since Node 0.x; `toString('latin1')` and `write(…, 'latin1')` end in them after
 * they have looked up the encoding's name, which shows on a path that does it for every head.
 */
declare global {
  interface Buffer {
    latin1Slice(start?: number, end?: number): string;
    latin1Write(text: string, offset?: number, length?: number): number;
  }
}

/** The bytes [start, end) as text: one char a byte. */
export function textOf(bytes: Buffer, start: number, end: number): string {
  return bytes.latin1Slice(start, end);
}

/** Writes latin1 text over the bytes at `offset`. */
export function writeText(bytes: Buffer, text: string, offset: number): void {
  bytes.latin1Write(text, offset, text.length);
}
