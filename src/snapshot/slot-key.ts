import type { SlotSnapshot } from './snapshot.js';

/** A slot that changes its port or its protocol is another one: it needs its sockets anew. */
export function slotKey({ app, port, protocol }: Pick<SlotSnapshot, 'app' | 'port' | 'protocol'>): string {
  return `${app} ${port} ${protocol}`;
}
