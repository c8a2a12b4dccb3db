/**
 * Messages, and listening sockets beside them, between two processes that are not parent and child. Node
 * passes sockets over the channel to a child process only; the handles of libuv behind that channel do it over every unix
 * socket, which is what this file uses. The step is undocumented, so it stands here alone. Tried on Node 20, 24 and 26;
 * where the binding is not as expected, messages pass and sockets do not (`CAN_PASS_SOCKETS`).
 *
 * A message is a line of JSON. A socket arrives with the first byte of its line, so sockets are as many and in the same
 * order as the lines that say they have one.
 */
import { connect as connectSocket, type Socket } from 'node:net';
import { getSystemErrorName } from 'node:util';
import type { ListeningSocket } from './listening-socket.js';

interface ChannelReader {
  /** @param socket what came beside the message */
  onMessage(message: unknown, socket: ListeningSocket | null): void;
  /** The other side is gone, or sent something that is not a message. Called once, not after `close`. */
  onEnd(): void;
}

export interface HandleChannel {
  read(reader: ChannelReader): void;
  /** What can't be sent is lost: `onEnd` follows. @param socket stays open here too, until `onSent` at least */
  send(message: object, socket?: object, onSent?: () => void): void;
  close(): void;
}

interface Envelope {
  readonly message: unknown;
  readonly socket?: true;
}

/** Reports of hundreds of apps are a few megabytes. */
const MAX_LINE_LENGTH = 67_108_864;

interface PipeHandle {
  readonly fd: number;
  onread: (bytes: ArrayBuffer | undefined) => void;
  pendingHandle: ListeningSocket | null;
  open(descriptor: number): number;
  connect(request: PipeRequest, path: string): number;
  readStart(): number;
  writeUtf8String(request: PipeRequest, text: string, handle?: object): number;
  unref(): void;
  close(): void;
}

interface PipeRequest {
  oncomplete: ((status: number) => void) | null;
}

export interface PipeBinding {
  readonly Pipe: new (kind: number) => PipeHandle;
  readonly PipeConnectWrap: new () => PipeRequest;
  readonly WriteWrap: new () => PipeRequest;
  readonly ipc: number;
  readonly state: Int32Array;
  readonly kReadBytesOrError: number;
  readonly kArrayBufferOffset: number;
  readonly kLastWriteWasAsync: number;
}

const BINDING = loadBinding();

export const CAN_PASS_SOCKETS = BINDING !== null;

/**
 * @param path of a unix socket. Rejects when no process listens there.
 * @param binding `null` forces the documented way; for tests of the fallback.
 */
export function connectChannel(path: string, binding: PipeBinding | null = BINDING): Promise<HandleChannel> {
  return binding === null ? connectPlain(path) : connectPipe(binding, path);
}

/**
 * @param socket was accepted with `pauseOnConnect`, so that nothing has been read from it; belongs to the channel now
 * @param binding as in `connectChannel`
 */
export function acceptChannel(socket: Socket, binding: PipeBinding | null = BINDING): HandleChannel {
  const held = socket as unknown as { _handle: PipeHandle | null };
  const accepted = held._handle;
  if (binding === null || accepted === null) return new PlainChannel(socket);
  const pipe = new binding.Pipe(binding.ipc);
  pipe.open(accepted.fd);
  // Two handles have this descriptor now. The first one has never read, and must not close it: it stays open for good.
  held._handle = null;
  abandoned.add(accepted);
  return new PipeChannel(binding, pipe);
}

/** Few: one for each process that ever asked. */
const abandoned = new Set<PipeHandle>();

/** Cuts the lines apart and brings each message together with its socket. */
class LineReader {
  readonly #reader: ChannelReader;
  readonly #sockets: ListeningSocket[] = [];
  #text = '';

  constructor(reader: ChannelReader) {
    this.#reader = reader;
  }

  /** @returns false when the line is not a message */
  take(text: string, socket: ListeningSocket | null): boolean {
    if (socket !== null) this.#sockets.push(socket);
    this.#text += text;
    for (let end = this.#text.indexOf('\n'); end >= 0; end = this.#text.indexOf('\n')) {
      const line = this.#text.slice(0, end);
      this.#text = this.#text.slice(end + 1);
      const envelope = envelopeFrom(line);
      if (envelope === null) return false;
      this.#reader.onMessage(envelope.message, envelope.socket === true ? (this.#sockets.shift() ?? null) : null);
    }
    return this.#text.length <= MAX_LINE_LENGTH;
  }

  /** Sockets whose message never came. */
  end(): void {
    for (const socket of this.#sockets.splice(0)) socket.close();
    this.#reader.onEnd();
  }
}

class PipeChannel implements HandleChannel {
  readonly #binding: PipeBinding;
  readonly #pipe: PipeHandle;
  /** Characters may be cut between two reads. */
  readonly #decoder = new TextDecoder();
  #lines: LineReader | null = null;
  #isOpen = true;

  constructor(binding: PipeBinding, pipe: PipeHandle) {
    this.#binding = binding;
    this.#pipe = pipe;
    pipe.unref();
  }

  read(reader: ChannelReader): void {
    const lines = new LineReader(reader);
    this.#lines = lines;
    this.#pipe.pendingHandle = null;
    this.#pipe.onread = (bytes) => {
      const { state, kReadBytesOrError, kArrayBufferOffset } = this.#binding;
      const socket = this.#pipe.pendingHandle;
      this.#pipe.pendingHandle = null;
      const length = state[kReadBytesOrError] ?? 0;
      if (bytes === undefined || length < 0) return this.#end();
      const view = new Uint8Array(bytes, state[kArrayBufferOffset] ?? 0, length);
      if (!lines.take(this.#decoder.decode(view, { stream: true }), socket)) this.#end();
    };
    this.#pipe.readStart();
  }

  send(message: object, socket?: object, onSent: () => void = () => {}): void {
    if (!this.#isOpen) return;
    const request = new this.#binding.WriteWrap();
    const envelope: Envelope = { message, ...(socket !== undefined && { socket: true }) };
    request.oncomplete = (status) => {
      if (status === 0) onSent();
      else this.#end();
    };
    const text = `${JSON.stringify(envelope)}\n`;
    const pipe = this.#pipe;
    const status =
      socket === undefined ? pipe.writeUtf8String(request, text) : pipe.writeUtf8String(request, text, socket);
    if (status !== 0) this.#end();
    else if (this.#binding.state[this.#binding.kLastWriteWasAsync] === 0) onSent();
  }

  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#pipe.close();
  }

  #end(): void {
    if (!this.#isOpen) return;
    this.close();
    this.#lines?.end();
  }
}

class PlainChannel implements HandleChannel {
  readonly #socket: Socket;

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.setEncoding('utf8').unref();
    socket.on('error', () => {});
  }

  read(reader: ChannelReader): void {
    const lines = new LineReader(reader);
    this.#socket.on('data', (text: string) => {
      if (!lines.take(text, null)) this.#socket.destroy();
    });
    this.#socket.on('close', () => lines.end());
    this.#socket.resume();
  }

  send(message: object, _socket?: object, onSent: () => void = () => {}): void {
    this.#socket.write(`${JSON.stringify({ message } satisfies Envelope)}\n`, () => onSent());
  }

  close(): void {
    this.#socket.removeAllListeners('close');
    this.#socket.destroy();
  }
}

function connectPipe(binding: PipeBinding, path: string): Promise<HandleChannel> {
  return new Promise((resolve, reject) => {
    const pipe = new binding.Pipe(binding.ipc);
    const request = new binding.PipeConnectWrap();
    const settle = (status: number): void => {
      if (status === 0) {
        resolve(new PipeChannel(binding, pipe));
        return;
      }
      pipe.close();
      const code = getSystemErrorName(status);
      reject(Object.assign(new Error(`${code}: connect ${path}`), { code }));
    };
    request.oncomplete = settle;
    // A void function before Node 22, an error code since.
    const status: number | undefined = pipe.connect(request, path);
    if (status !== undefined && status !== 0) settle(status);
  });
}

function connectPlain(path: string): Promise<HandleChannel> {
  return new Promise((resolve, reject) => {
    const socket = connectSocket(path);
    socket.once('error', reject);
    socket.once('connect', () => resolve(new PlainChannel(socket)));
  });
}

function envelopeFrom(line: string): Envelope | null {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null && 'message' in value ? (value as Envelope) : null;
  } catch {
    return null;
  }
}

function loadBinding(): PipeBinding | null {
  try {
    const { binding } = process as unknown as { binding?(name: string): Readonly<Record<string, unknown>> };
    const { Pipe, PipeConnectWrap, constants } = binding?.('pipe_wrap') ?? {};
    const { WriteWrap, streamBaseState, ...places } = binding?.('stream_wrap') ?? {};
    const { kReadBytesOrError, kArrayBufferOffset, kLastWriteWasAsync } = places;
    const ipc = (constants as { readonly IPC?: unknown } | undefined)?.IPC;
    if ([Pipe, PipeConnectWrap, WriteWrap].some((part) => typeof part !== 'function')) return null;
    const numbers = [ipc, kReadBytesOrError, kArrayBufferOffset, kLastWriteWasAsync];
    if (numbers.some((part) => typeof part !== 'number') || !(streamBaseState instanceof Int32Array)) return null;
    const parts = { Pipe, PipeConnectWrap, WriteWrap, ipc, state: streamBaseState };
    return { ...parts, kReadBytesOrError, kArrayBufferOffset, kLastWriteWasAsync } as PipeBinding;
  } catch {
    return null;
  }
}
