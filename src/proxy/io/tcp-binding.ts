/**
 * What the data plane uses of Node without its documentation, in one place, probed at start: the handles of libuv that
 * `net.Socket` stands on. The names are those of lib/net.js and lib/internal/stream_base_commons.js, the same on Node 20,
 * 24 and 26. Where one of them is not as expected, `net.Socket` does it all. (accept-pause.ts and cluster/ have theirs.)
 */

import type { LentMemory } from './transport.js';

/** A TCP handle. Calls return 0, or a negative error number of libuv. */
export interface TcpHandle {
  /** Called for each read, end and error with the handle as `this`. @returns where the next bytes go; undefined: as before */
  onread: (this: TcpHandle) => Buffer | undefined;
  /** Of ours: whose it is. */
  transport: unknown;
  useUserBuffer(bytes: Buffer): void;
  readStart(): number;
  readStop(): number;
  writeLatin1String(request: WriteRequest, text: string): number;
  writeBuffer(request: WriteRequest, bytes: Buffer): number;
  shutdown(request: DoneRequest): number;
  close(onClosed: () => void): void;
  reset(onClosed: () => void): number;
  bind(address: string, port: number): number;
  bind6(address: string, port: number, flags: number): number;
  connect(request: DoneRequest, address: string, port: number): number;
  connect6(request: DoneRequest, address: string, port: number): number;
  getpeername(into: NameOfEnd): number;
  getsockname(into: NameOfEnd): number;
  setNoDelay(isOn: boolean): number;
  setKeepAlive(isOn: boolean, afterSeconds: number): number;
}

export interface NameOfEnd {
  address?: string;
  port?: number;
}

/** A connect or a shutdown under way. */
export interface DoneRequest {
  oncomplete: ((this: DoneRequest, status: number) => void) | null;
  transport: unknown;
}

/** One write that the kernel has not taken yet. */
export interface WriteRequest {
  oncomplete: ((this: WriteRequest, status: number) => void) | null;
  transport: unknown;
  length: number;
  memory: LentMemory | null;
  /** Kept here, since libuv reads from it and nothing else may refer to it. */
  bytes: Buffer | null;
}

export interface TcpBinding {
  readonly TCP: new (type: number) => TcpHandle;
  readonly SOCKET: number;
  readonly TCPConnectWrap: new () => DoneRequest;
  readonly ShutdownWrap: new () => DoneRequest;
  readonly WriteWrap: new () => WriteRequest;
  readonly streamBaseState: Int32Array;
  readonly kLastWriteWasAsync: number;
  readonly kReadBytesOrError: number;
}

const CALLS = [
  ...['useUserBuffer', 'readStart', 'readStop', 'writeLatin1String', 'writeBuffer', 'shutdown', 'close', 'reset'],
  ...['bind', 'bind6', 'connect', 'connect6', 'getpeername', 'getsockname', 'setNoDelay', 'setKeepAlive'],
];

/** The bindings of Node as they are; Node promises nothing of them. */
interface Bindings {
  (name: 'stream_wrap'): Partial<TcpBinding>;
  (name: 'tcp_wrap'): Partial<TcpBinding> & { readonly constants?: { readonly SOCKET?: number } };
}

/** @returns null where this Node hides what is needed, as under its permission model */
export function loadTcpBinding(): TcpBinding | null {
  try {
    const { binding } = process as unknown as { readonly binding?: Bindings };
    if (binding === undefined) return null;
    const { WriteWrap, ShutdownWrap, streamBaseState, kLastWriteWasAsync, kReadBytesOrError } = binding('stream_wrap');
    const { TCP, TCPConnectWrap, constants } = binding('tcp_wrap');
    const { SOCKET } = constants ?? {};
    if (!isClass(TCP) || !isClass(TCPConnectWrap) || !isClass(WriteWrap) || !isClass(ShutdownWrap)) return null;
    if (!(streamBaseState instanceof Int32Array) || typeof SOCKET !== 'number') return null;
    if (typeof kLastWriteWasAsync !== 'number' || typeof kReadBytesOrError !== 'number') return null;
    const hasAllCalls = CALLS.every((name) => typeof Reflect.get(TCP.prototype, name) === 'function');
    if (!hasAllCalls || !('onread' in TCP.prototype)) return null;
    return {
      ...{ TCP, SOCKET, TCPConnectWrap, ShutdownWrap, WriteWrap },
      ...{ streamBaseState, kLastWriteWasAsync, kReadBytesOrError },
    };
  } catch {
    return null;
  }
}

function isClass<T>(value: T | undefined): value is T {
  return typeof value === 'function';
}
