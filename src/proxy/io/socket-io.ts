import type { Socket } from 'node:net';

/** Reads from a socket. Both are called synchronously from the event loop. */
export interface ByteReader {
  /** @param bytes valid until this returns. */
  onBytes(bytes: Buffer, length: number): void;
  /** Where the next bytes go; asked after each read. */
  nextBuffer(): Buffer;
}

/** Hears what came of its writes. */
export interface Writer {
  /**
   * A write that had to wait is done, or a write has failed.
   * @param bytes of what had to wait; 0 when it failed at once
   * @param failure null: the kernel has them
   */
  onWritten(bytes: number, failure: Error | null): void;
}

/** Memory that a write reads from until the kernel has it. */
export interface LentMemory {
  onWritten(): void;
}

export interface SocketIo {
  /** Whether it goes past the stream. */
  readonly isDirect: boolean;
  /**
   * Reads for `reader` what `onread` of this socket would read for it.
   * @param first where its first bytes go, as `onread` was told
   */
  readFor(socket: Socket, reader: ByteReader, first: Buffer): void;
  /**
   * @param text latin1
   * @returns whether nothing waits: the kernel has taken all, or the write has failed. If not, `writer.onWritten` is
   * called later
   */
  writeText(socket: Socket, text: string, writer: Writer): boolean;
  /**
   * @param bytes must stay as they are until they are taken
   * @param memory is told when they are, where they had to wait
   * @returns as `writeText`
   */
  writeBytes(socket: Socket, bytes: Buffer, memory: LentMemory | null, writer: Writer): boolean;
}
