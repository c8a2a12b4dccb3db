/** A DNS server of a few names: A records over UDP (RFC 1035), changed and silenced as a test says. */
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { ownAddress } from '../addresses.js';
import { atEnd, type Ending } from '../at-end.js';

const HEADER_BYTES = 12;
const TYPE_A = 1;
const NXDOMAIN = 3;

export class DnsServer {
  /** HOST:PORT */
  readonly id: string;
  /** A silent one hears and says nothing, as one does that is gone. */
  isSilent = false;
  /** Questions so far, answered or not. */
  questions = 0;
  readonly #addresses = new Map<string, readonly string[]>();

  private constructor(socket: Socket) {
    const { address, port } = socket.address() as AddressInfo;
    this.id = `${address}:${port}`;
    socket.on('message', (question, { address: host, port: from }) => {
      this.questions += 1;
      if (!this.isSilent) socket.send(this.#answer(question), from, host);
    });
  }

  static async start(context: Ending): Promise<DnsServer> {
    const socket = createSocket('udp4');
    socket.bind(0, ownAddress());
    await once(socket, 'listening');
    atEnd(context, () => void socket.close());
    return new DnsServer(socket);
  }

  set(name: string, addresses: readonly string[]): void {
    this.#addresses.set(name, addresses);
  }

  remove(name: string): void {
    this.#addresses.delete(name);
  }

  #answer(question: Buffer): Buffer {
    const { name, end } = readName(question);
    const asked = question.subarray(HEADER_BYTES, end + 4);
    const known = this.#addresses.get(name);
    const addresses = question.readUInt16BE(end) === TYPE_A ? (known ?? []) : [];
    const header = Buffer.alloc(HEADER_BYTES);
    header.writeUInt16BE(question.readUInt16BE(0), 0);
    // An answer, with authority, to one who wanted recursion and has it.
    header.writeUInt16BE(0x85_80 | (known === undefined ? NXDOMAIN : 0), 2);
    header.writeUInt16BE(1, 4);
    header.writeUInt16BE(addresses.length, 6);
    return Buffer.concat([header, asked, ...addresses.map(record)]);
  }
}

function readName(question: Buffer): { readonly name: string; readonly end: number } {
  const labels: string[] = [];
  let at = HEADER_BYTES;
  for (let length = question[at] ?? 0; length > 0; length = question[at] ?? 0) {
    labels.push(question.latin1Slice(at + 1, at + 1 + length).toLowerCase());
    at += 1 + length;
  }
  return { name: labels.join('.'), end: at + 1 };
}

/** Of the name in the question, for a second. */
function record(address: string): Buffer {
  return Buffer.from([0xc0, HEADER_BYTES, 0, TYPE_A, 0, 1, 0, 0, 0, 1, 0, 4, ...address.split('.').map(Number)]);
}
