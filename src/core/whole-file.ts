/** Files that are read whole, up to a limit: a file that somebody else writes may be of any size, or no file at all. */
import { closeSync, constants, fstatSync, openSync, readSync, type Stats } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';

/** Of one read where the size is not known before, as of a pipe. */
const BLOCK_BYTES = 65_536;
/** A pipe that took the file's place would else wait for a writer for ever. */
const FLAGS = constants.O_RDONLY | constants.O_NONBLOCK;

/** The path leads to something that may not be read. The message leaves the path to the caller, who knows it. */
export class UnreadableFile extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'UnreadableFile';
  }
}

/**
 * Reads a regular file as UTF-8. A longer one costs nothing: its size is looked at first, and if it grows meanwhile one
 * byte more than the limit is read.
 * @throws UnreadableFile for what is larger than the limit, or is not a regular file
 * @throws what the file system says (ENOENT, EACCES, ...)
 */
export async function readWholeFile(file: string, maxBytes: number): Promise<string> {
  const handle = await open(file, FLAGS);
  try {
    return (await readUpTo(handle, refuseStats(await handle.stat(), maxBytes), maxBytes)).toString('utf8');
  } finally {
    await handle.close();
  }
}

/** As `readWholeFile`, for a file or a pipe that a person named, such as `<(...)`. It waits for their end. */
export async function readWholeInput(file: string, maxBytes: number): Promise<string> {
  const handle = await open(file, constants.O_RDONLY);
  try {
    const stats = await handle.stat();
    const size = stats.isFile() || stats.isDirectory() ? refuseStats(stats, maxBytes) : 0;
    return (await readUpTo(handle, size, maxBytes)).toString('utf8');
  } finally {
    await handle.close();
  }
}

/** As `readWholeFile`. @param onOpen is told of the open file before it is read */
export function readWholeFileSync(
  file: string,
  maxBytes: number,
  onOpen: (descriptor: number) => void = () => {},
): string {
  const descriptor = openSync(file, FLAGS);
  try {
    onOpen(descriptor);
    const size = refuseStats(fstatSync(descriptor), maxBytes);
    const parts: Buffer[] = [];
    for (let total = 0; total <= maxBytes; ) {
      const part = Buffer.allocUnsafe(nextSize(total, size, maxBytes));
      const bytesRead = readSync(descriptor, part, 0, part.length, null);
      if (bytesRead === 0) return Buffer.concat(parts).toString('utf8');
      parts.push(part.subarray(0, bytesRead));
      total += bytesRead;
    }
    throw tooLarge(maxBytes);
  } finally {
    closeSync(descriptor);
  }
}

async function readUpTo(handle: FileHandle, size: number, maxBytes: number): Promise<Buffer> {
  const parts: Buffer[] = [];
  for (let total = 0; total <= maxBytes; ) {
    const part = Buffer.allocUnsafe(nextSize(total, size, maxBytes));
    const { bytesRead } = await handle.read(part, 0, part.length, null);
    if (bytesRead === 0) return Buffer.concat(parts);
    parts.push(part.subarray(0, bytesRead));
    total += bytesRead;
  }
  throw tooLarge(maxBytes);
}

/** One byte more than is there: a file that has not grown is read by one call, and its end is seen by the next. */
function nextSize(total: number, size: number, maxBytes: number): number {
  const wanted = total === 0 ? size + 1 : BLOCK_BYTES;
  return Math.min(Math.max(wanted, 1_024), maxBytes + 1 - total);
}

/** @returns the size */
function refuseStats(stats: Stats, maxBytes: number): number {
  if (stats.isDirectory()) throw new UnreadableFile('it is a directory');
  if (!stats.isFile()) throw new UnreadableFile('it is not a regular file');
  if (stats.size > maxBytes) throw tooLarge(maxBytes);
  return stats.size;
}

/** Without the size: a file that grows is one trouble, and is said once. */
function tooLarge(maxBytes: number): UnreadableFile {
  return new UnreadableFile(`it has more than the ${maxBytes} bytes that are read`);
}
