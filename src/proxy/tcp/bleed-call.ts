/**
 * How a node brings a client of a TCP slot to a neighbor, where the slot's own connections have no place for the mark: by
 * the neighbor's health port, as HTTP switches protocols. There the bleed can't be taken for a client, from any address,
 * and a neighbor that has no instance says so before a byte of the client is sent.
 *
 *   node                                                   neighbor, slot + 1
 *     PROXY header of version 2, client and mark
 *     GET /bleed, Upgrade: autoproxy-bleed          ──►
 *                                                   ◄──    101, or why not
 *     bytes of the client                           ◄─►    bytes of an instance
 */
export const BLEED_PATH = '/bleed';

const SWITCH = 'Connection: Upgrade\r\nUpgrade: autoproxy-bleed\r\n\r\n';
export const BLEED_REQUEST = `GET ${BLEED_PATH} HTTP/1.1\r\nHost: neighbor\r\n${SWITCH}`;
export const BLEED_ACCEPTED = `HTTP/1.1 101 Switching Protocols\r\n${SWITCH}`;

/** More than any node answers. */
const MAX_ANSWER_BYTES = 4_096;

export const UNDECIDED = -1;
export const REFUSED = -2;

/** The neighbor's answer, as it comes. */
export class BleedCall {
  #text = '';

  /** @returns where in `bytes` those of the instance begin; UNDECIDED: more has to come; REFUSED */
  read(bytes: Buffer, length: number): number {
    const before = this.#text.length;
    this.#text += bytes.latin1Slice(0, length);
    const end = this.#text.indexOf('\r\n\r\n');
    if (end === -1) return this.#text.length > MAX_ANSWER_BYTES ? REFUSED : UNDECIDED;
    return this.#text.startsWith('HTTP/1.1 101 ') ? end + 4 - before : REFUSED;
  }

  /** The first line of what came, for the log. */
  get answer(): string {
    return this.#text.split('\r\n', 1)[0]?.slice(0, 100) ?? '';
  }
}
