import { connect } from 'node:net';
import type { buildConnector } from 'undici';
import { formatDuration } from '../core/durations.js';
import type { ProxyVersion } from '../model/app.js';
import { encodeV1, encodeV2 } from '../proxy-protocol/encode.js';

/** Opens connections that begin with a header without addresses: the check asks for nobody else. */
export function createHeaderConnector(
  host: string,
  port: number,
  version: ProxyVersion,
  timeoutMs: number,
): buildConnector.connector {
  return (_options, onConnected) => {
    const socket = connect({ host, port });
    let isDecided = false;
    // Stays for ever: undici listens only a while after it was told, and an error that nobody listens to, such as that of
    // the write below, would end the process.
    socket.on('error', (error) => {
      if (!isDecided) onConnected(error, null);
      isDecided = true;
    });
    // Without it a connect that nobody answers would outlive its check by minutes: undici can not end what it does not have.
    socket.setTimeout(timeoutMs, () => {
      socket.destroy(new Error(`no connection within ${formatDuration(timeoutMs)}`));
    });
    socket.once('connect', () => {
      isDecided = true;
      socket.setTimeout(0);
      socket.write(version === 'v1' ? encodeV1(null) : encodeV2(null));
      onConnected(null, socket);
    });
  };
}
