import { DISABLE_SERVER, ENABLE_SERVER, SET_SERVER } from './change-server.js';
import { CHECK_SWITCHES } from './check-switches.js';
import { SHOW_PROCESS, SHOW_VERSION } from './show-process.js';
import { SHOW_BACKEND, SHOW_SERVERS_CONN, SHOW_SERVERS_STATE } from './show-servers.js';
import { SHOW_SESSIONS, SHUTDOWN_SESSION } from './show-sessions.js';
import { SHOW_STAT } from './show-stat.js';
import { SHUTDOWN_SESSIONS } from './shutdown-sessions.js';
import type { Verb } from './stats-node.js';
import { WAIT } from './wait-verb.js';
import { GET_WEIGHT, SET_WEIGHT } from './weights.js';

/** In the order of the alphabet, as HAProxy's help lists them. */
export const VERBS: readonly Verb[] = [
  ...[DISABLE_SERVER, ENABLE_SERVER, ...CHECK_SWITCHES, GET_WEIGHT, SET_SERVER, SET_WEIGHT],
  ...[
    SHOW_BACKEND,
    SHOW_PROCESS,
    SHOW_SERVERS_CONN,
    SHOW_SERVERS_STATE,
    SHOW_SESSIONS,
    SHOW_STAT,
    SHOW_VERSION,
    SHUTDOWN_SESSION,
    SHUTDOWN_SESSIONS,
    WAIT,
  ],
].sort((one, other) => (one.words.join(' ') < other.words.join(' ') ? -1 : 1));
