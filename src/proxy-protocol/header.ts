/**
 * What a PROXY protocol header says (HAProxy's proxy-protocol.txt, versions 1 and 2), and what may be wrong with one.
 * A refused sender gets no answer: the connection is closed, because its protocol is unknown.
 */
import type { Endpoint } from '../core/networks.js';

export interface ProxyHeader {
  readonly version: 1 | 2;
  /** LOCAL: the sender speaks for itself (health checks); the connection's own addresses are the true ones. */
  readonly command: 'PROXY' | 'LOCAL';
  /** Bytes of the header: the application's begin behind them. */
  readonly length: number;
  /**
   * Null when the connection's own addresses are to be used: LOCAL, UNKNOWN, UNSPEC, UNIX sockets, and datagrams,
   * which the text lets a receiver treat as UNSPEC.
   */
  readonly source: Endpoint | null;
  readonly destination: Endpoint | null;
  readonly extras: HeaderExtras;
}

/** What the TLVs of version 2 carry, as far as somebody here asks for it. */
export interface HeaderExtras {
  /** Bytes of the protocol's name, as text. */
  readonly alpn: string | null;
  /** Server name that the client asked for (SNI). */
  readonly authority: string | null;
  /** Opaque, at most 128 bytes. */
  readonly uniqueId: Buffer | null;
  /** The node that bled this connection: it goes no further. */
  readonly bledBy: string | null;
}

export const NO_EXTRAS: HeaderExtras = { alpn: null, authority: null, uniqueId: null, bledBy: null };

/** Codes in the order of the bytes. */
export const HEADER_PROBLEMS = {
  NOT_A_HEADER: 'the connection does not begin with a PROXY header',
  LINE_TOO_LONG: 'the PROXY line does not end within 107 bytes',
  LINE_INVALID: 'the PROXY line must be six words, one space apart, and end in CR LF',
  PROTOCOL_UNKNOWN: 'the protocol of the PROXY line must be TCP4, TCP6 or UNKNOWN',
  ADDRESS_INVALID: 'an address in the PROXY line does not fit its protocol',
  PORT_INVALID: 'a port in the PROXY line must be a decimal number from 0 to 65535 without leading zeros',
  VERSION_UNKNOWN: 'the binary header must be of version 2',
  COMMAND_UNKNOWN: 'the command of the binary header is neither LOCAL nor PROXY',
  FAMILY_UNKNOWN: 'the address family or transport of the binary header is not assigned',
  HEADER_TOO_LONG: 'the binary header is longer than the limit',
  HEADER_TOO_SHORT: 'the binary header is too short for the addresses of its family',
  TLV_INVALID: 'a TLV of the binary header goes beyond its end, or has a length or value that its type does not allow',
  TLV_REPEATED: 'a TLV that may appear once in the binary header appears twice',
  CHECKSUM_INVALID: 'the CRC32C of the binary header is wrong',
  HEADER_TWICE: 'a second PROXY header follows the first one',
} as const;

export type HeaderProblem = keyof typeof HEADER_PROBLEMS;

export type Decoded =
  | { readonly state: 'incomplete' }
  | { readonly state: 'complete'; readonly header: ProxyHeader }
  | {
      readonly state: 'refused';
      readonly problem: HeaderProblem;
      /** For the log: what it looks like, and what to change; null when the problem says all. */
      readonly likelyCause: string | null;
    };

export const HEADER_INCOMPLETE: Decoded = { state: 'incomplete' };

export function refused(problem: HeaderProblem, likelyCause: string | null = null): Decoded {
  return { state: 'refused', problem, likelyCause };
}

/** TLV types, proxy-protocol.txt 2.2; the ones that are not listed are skipped, as it demands. */
export const TLV = {
  ALPN: 0x01,
  AUTHORITY: 0x02,
  CRC32C: 0x03,
  NOOP: 0x04,
  UNIQUE_ID: 0x05,
  BLEED_MARK: 0xe0,
} as const;

/** 0xE0 to 0xEF are free for applications; others use 0xE0 too (Google Cloud), so our value says that it is ours. */
export const BLEED_MARK_START = 'autoproxy:';
export const MAX_UNIQUE_ID_BYTES = 128;

export const V1_START = Buffer.from('PROXY ', 'latin1');
/** The longest line of version 1, with CR LF. */
export const MAX_V1_BYTES = 107;
export const V2_SIGNATURE = Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1');
export const V2_FIXED_BYTES = 16;
/**
 * The length field allows 65 551. The text counts on 536, what any path carries in one segment; UNIX addresses (216)
 * with names, certificate names and the TLVs of the large clouds stay below 1 500. 4 KB leave room, and keep small what
 * a connection costs that has not yet said who it is.
 */
export const MAX_V2_BYTES = 4_096;
