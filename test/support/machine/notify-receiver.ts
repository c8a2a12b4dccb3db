/** Listens as systemd does for sd_notify(3): Python reads the datagrams, as Node cannot, and tells the program that each was read. */
import { createInterface } from 'node:readline';
import { atEnd, type Ending } from '../at-end.js';
import { eventually } from '../eventually.js';
import { spawnBound } from './bound-process.js';
import { findProgram } from './components.js';

/** A message may bring a descriptor, whose end tells the sender that it was read. */
const SCRIPT = `
import json, os, socket, sys
name = sys.argv[1]
receiver = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
receiver.bind('\\0' + name[1:] if name.startswith('@') else name)
print('null', flush=True)
while True:
    message, descriptors, _, _ = socket.recv_fds(receiver, 65536, 8)
    print(json.dumps(message.decode()), flush=True)
    for descriptor in descriptors: os.close(descriptor)
`;

export class NotifyReceiver {
  readonly messages: (readonly string[])[] = [];
  readonly address: string;

  private constructor(address: string) {
    this.address = address;
  }

  /** @param address a path, or a name that begins with @ */
  static async start(context: Ending, address: string): Promise<NotifyReceiver> {
    const python = findProgram('python3');
    if (python === null) throw new Error('missing: python3; npm test installs it');
    const receiver = new NotifyReceiver(address);
    const child = spawnBound([python, '-c', SCRIPT, address], { stdio: ['ignore', 'pipe', 'inherit'] });
    atEnd(context, () => child.kill('SIGKILL'));
    let isListening = false;
    createInterface({ input: child.stdout as NodeJS.ReadableStream }).on('line', (line) => {
      const text = JSON.parse(line) as string | null;
      if (text === null) isListening = true;
      // What only asks for a sign that all was read says nothing of the service.
      else if (text !== 'BARRIER=1') receiver.messages.push(text.split('\n').filter((word) => word !== ''));
    });
    await eventually('the receiver listens', () => isListening);
    return receiver;
  }

  /** All assignments so far, the oldest first. */
  said(): readonly string[] {
    return this.messages.flat();
  }

  until(word: string): Promise<void> {
    return eventually(`systemd is told ${word}; it was told ${this.said()}`, () => this.said().includes(word));
  }
}
