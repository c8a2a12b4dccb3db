import { isIP, type Server, type Socket } from 'node:net';
import { HandleParts, HandleTransport } from './handle-transport.js';
import { SocketTransport } from './socket-transport.js';
import { systemError } from './system-error.js';
import { loadTcpBinding, type TcpBinding, type TcpHandle } from './tcp-binding.js';
import type { Destination, Transport, TransportOwner, Transports } from './transport.js';

/** @param binding `null` forces the documented way; for tests of the fallback. */
export function createTransports(binding: TcpBinding | null = loadTcpBinding()): Transports {
  return binding === null ? new SocketTransports() : new HandleTransports(binding);
}

class SocketTransports implements Transports {
  readonly isDirect = false;

  acceptFrom(server: Server, onAccept: (transport: Transport) => void): void {
    server.on('connection', (socket: Socket) => onAccept(new SocketTransport(socket, NOBODY)));
  }

  connect(to: Destination, owner: TransportOwner): Transport {
    return SocketTransport.connect(to, owner);
  }
}

interface AcceptingHandle {
  onconnection?: (status: number, connection: TcpHandle | undefined) => void;
  setNoDelay?: (isOn: boolean) => number;
}

class HandleTransports implements Transports {
  readonly isDirect = true;
  readonly #parts: HandleParts;

  constructor(binding: TcpBinding) {
    this.#parts = new HandleParts(binding);
  }

  /** The server's handle calls us instead of the server, with the handle of the new connection. */
  acceptFrom(server: Server, onAccept: (transport: Transport) => void, onError: (error: Error) => void): void {
    const { _handle: handle } = server as unknown as { readonly _handle?: AcceptingHandle };
    if (typeof handle?.onconnection !== 'function') {
      server.on('connection', (socket: Socket) => onAccept(new SocketTransport(socket, NOBODY)));
      return;
    }
    // Linux gives a new connection the options of its listener: one call for all of them.
    const isInherited = process.platform === 'linux' && handle.setNoDelay?.(true) === 0;
    handle.onconnection = (status, connection) => {
      if (status !== 0 || connection === undefined) {
        onError(systemError(status, 'accept'));
        return;
      }
      if (!isInherited) connection.setNoDelay(true);
      onAccept(new HandleTransport(connection, this.#parts, NOBODY));
    };
  }

  connect(to: Destination, owner: TransportOwner): Transport {
    // A name is resolved by `net.connect`.
    if (isIP(to.host) === 0) return SocketTransport.connect(to, owner);
    const { TCP, SOCKET } = this.#parts.binding;
    const transport = new HandleTransport(new TCP(SOCKET), this.#parts, owner);
    transport.connect(to);
    return transport;
  }
}

const EMPTY = Buffer.alloc(0);
/** Of a connection that was accepted and has no reader yet. */
const NOBODY: TransportOwner = {
  onConnect() {},
  onBytes() {},
  nextBuffer: () => EMPTY,
  onPeerEnd() {},
  onWritten() {},
  onDestroyed() {},
};
