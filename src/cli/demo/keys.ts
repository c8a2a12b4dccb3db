import type { ReadStream } from 'node:tty';

/** Listens to single keys. @returns a function that gives the keyboard back; without a keyboard it does nothing. */
export function startKeys(stdin: ReadStream, onKey: (key: string) => void): () => void {
  if (stdin.isTTY !== true) return () => {};
  const onBytes = (bytes: Buffer): void => {
    for (const key of bytes.toString('latin1')) onKey(key);
  };
  // In raw mode Ctrl-C is a byte and no signal.
  stdin.setRawMode(true);
  stdin.on('data', onBytes);
  stdin.resume();
  return () => {
    stdin.off('data', onBytes);
    stdin.setRawMode(false);
    stdin.pause();
  };
}
