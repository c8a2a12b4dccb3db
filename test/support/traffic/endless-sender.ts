import type { Writable } from 'node:stream';

/** Writes `piece` again and again, as fast as the other side reads, until it goes. */
export function writeWithoutEnd(stream: Writable, piece: string | Buffer): void {
  const more = (): void => {
    while (!stream.destroyed && stream.write(piece)) {
      // The next one goes at once.
    }
  };
  stream.on('drain', more);
  more();
}
