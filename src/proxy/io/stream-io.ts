import type { Socket } from 'node:net';
import type { LentMemory, SocketIo, Writer } from './socket-io.js';

/** The documented way. Here a socket whose write failed closes itself, with what it has not read yet. */
export class StreamIo implements SocketIo {
  readonly isDirect = false;

  readFor(): void {}

  writeText(socket: Socket, text: string, writer: Writer): boolean {
    return this.writeBytes(socket, Buffer.from(text, 'latin1'), null, writer);
  }

  writeBytes(socket: Socket, bytes: Buffer, memory: LentMemory | null, writer: Writer): boolean {
    let hasWaited = false;
    socket.write(bytes, (error) => {
      if (!hasWaited) return;
      memory?.onWritten();
      writer.onWritten(bytes.length, error ?? null);
    });
    hasWaited = socket.writableLength > 0;
    return !hasWaited;
  }
}
