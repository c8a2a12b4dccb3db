/**
 * What has become of a request:
 *
 *   NONE ──begin──► DISPATCHING ──an instance accepted──► SENT ──head──► RESPONDING ──end──► NONE
 *                       ▲                                  │                └──101──► TUNNEL
 *                       └────────────── retry ◄────────────┘
 */
export const PHASE = { NONE: 0, DISPATCHING: 1, SENT: 2, RESPONDING: 3, TUNNEL: 4 } as const;
export type Phase = (typeof PHASE)[keyof typeof PHASE];
