import { ab } from './ab.js';
import { browser } from './browser.js';
import { checkHttp } from './check-http.js';
import type { Client } from './client.js';
import { curl } from './curl.js';
import { requests } from './requests.js';
import { scripted } from './scripted.js';
import { websockets } from './websockets.js';
import { wget } from './wget.js';

export const CLIENTS: readonly Client[] = [scripted, curl, wget, ab, checkHttp, requests, websockets, browser];

/** Those that `npm test` can afford. */
export const QUICK_CLIENTS: readonly Client[] = [scripted];
