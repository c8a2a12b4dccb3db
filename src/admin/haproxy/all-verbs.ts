import { DISABLE_SERVER, ENABLE_SERVER, SET_SERVER } from './change-server.js';
import { CHECK_SWITCHES } from './check-switches.js';
import { CLEAR_COUNTERS } from './clear-counters.js';
import { SET_TIMEOUT } from './set-timeout.js';
import { SHOW_PROCESS, SHOW_VERSION } from './show-process.js';
import { SHOW_BACKEND, SHOW_SERVERS_CONN, SHOW_SERVERS_STATE } from './show-servers.js';
import { SHOW_SESSIONS, SHUTDOWN_SESSION } from './show-sessions.js';
import { SHOW_STAT } from './show-stat.js';
import { SHOW_TABLE } from './show-table.js';
import { SHUTDOWN_SESSIONS } from './shutdown-sessions.js';
import type { Verb } from './stats-node.js';
import { WAIT } from './wait-verb.js';
import { GET_WEIGHT, SET_WEIGHT } from './weights.js';

/** In the order of the alphabet, as HAProxy's help lists them. */
export const VERBS: readonly Verb[] = [
  ...[
    CLEAR_COUNTERS,
    DISABLE_SERVER,
    ENABLE_SERVER,
    ...CHECK_SWITCHES,
    GET_WEIGHT,
    SET_SERVER,
    SET_TIMEOUT,
    SET_WEIGHT,
  ],
  ...[
    SHOW_BACKEND,
    SHOW_PROCESS,
    SHOW_SERVERS_CONN,
    SHOW_SERVERS_STATE,
    SHOW_SESSIONS,
    SHOW_STAT,
    SHOW_TABLE,
    SHOW_VERSION,
    SHUTDOWN_SESSION,
    SHUTDOWN_SESSIONS,
    WAIT,
  ],
].sort((one, other) => (one.words.join(' ') < other.words.join(' ') ? -1 : 1));
