/** Listens as systemd does for sd_notify(3), and tells the program that each message was read. */
import type { Ending } from '../at-end.js';
import { eventually } from '../eventually.js';
import { receiveDatagrams } from './datagram-receiver.js';

export class NotifyReceiver {
  readonly messages: (readonly string[])[] = [];
  readonly address: string;

  private constructor(address: string) {
    this.address = address;
  }

  /** @param address a path, or a name that begins with @ */
  static async start(context: Ending, address: string): Promise<NotifyReceiver> {
    const receiver = new NotifyReceiver(address);
    await receiveDatagrams(context, address, (text) => {
      // What only asks for a sign that all was read says nothing of the service.
      if (text !== 'BARRIER=1') receiver.messages.push(text.split('\n').filter((word) => word !== ''));
    });
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
