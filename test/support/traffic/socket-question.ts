import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** Asks at a unix socket, as `echo ... | socat stdio SOCKET`. @returns all that came until the other side closed */
export async function askSocket(path: string, text: string): Promise<string> {
  const socket = connect(path);
  let said = '';
  socket.setEncoding('utf8');
  socket.on('data', (part: string) => {
    said += part;
  });
  socket.write(text);
  await once(socket, 'close');
  return said;
}

/** A dialogue that stays open: what one side says, and what comes until a text ends it. */
export class SocketDialogue {
  readonly socket: Socket;
  #said = '';
  #look: () => void = () => {};

  constructor(path: string) {
    this.socket = connect(path);
    this.socket.setEncoding('utf8');
    this.socket.on('data', (part: string) => {
      this.#said += part;
      this.#look();
    });
  }

  say(text: string): void {
    this.socket.write(text);
  }

  /** @returns what came up to and with `end`; it is not given again */
  async until(end: string): Promise<string> {
    while (!this.#said.includes(end)) {
      await new Promise<void>((resolve) => {
        this.#look = resolve;
      });
    }
    const length = this.#said.indexOf(end) + end.length;
    const part = this.#said.slice(0, length);
    this.#said = this.#said.slice(length);
    return part;
  }
}
