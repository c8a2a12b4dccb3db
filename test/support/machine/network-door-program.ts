/** A program: takes listening sockets from its parent, and connects what comes in on to their targets. */
import { connect, type Server, type Socket } from 'node:net';
import type { DoorTarget } from './network-door.js';

function join(incoming: Socket, { host, port }: DoorTarget): void {
  const outgoing = connect({ host, port, allowHalfOpen: true });
  const both = [incoming, outgoing] as const;
  for (const [one, other] of [both, [outgoing, incoming] as const]) {
    one.setNoDelay(true);
    one.pipe(other);
    // A refused connect is a reset for the client: closer to a refusal than an end would be.
    one.on('error', () => other.resetAndDestroy());
    one.on('close', () => other.destroySoon());
  }
}

process.on('message', (target: DoorTarget, handle) => {
  const server = handle as Server;
  // What is received has default options; Node reads this one at each connection.
  (server as Server & { allowHalfOpen: boolean }).allowHalfOpen = true;
  server.on('connection', (socket) => join(socket, target));
  process.send?.('taken');
});
process.on('disconnect', () => process.exit(0));
