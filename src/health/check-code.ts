/**
 * How a check ended, in HAProxy's codes (management guide, 9.1, `check_status`). HANA: traffic could not connect, and the
 * instance was taken out before its checks noticed. SOCKERR: an established connection broke.
 */
export type CheckCode = 'L4OK' | 'L4CON' | 'L4TOUT' | 'L7OK' | 'L7STS' | 'L7RSP' | 'L7TOUT' | 'SOCKERR' | 'HANA';
