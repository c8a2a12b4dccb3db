/** Answers each WebSocket message with itself, on every address of the machine's loopback. */
import { once } from 'node:events';
import { WebSocketServer } from 'ws';

const server = new WebSocketServer({ host: '0.0.0.0', port: Number(process.argv[2]), perMessageDeflate: false });
server.on('connection', (socket) => {
  socket.on('message', (bytes, isBinary) => socket.send(bytes, { binary: isBinary }));
  socket.on('error', () => undefined);
});
await once(server, 'listening');
process.send?.('listening');
