import type { Client } from './client.js';
import { scripted } from './scripted.js';

export const CLIENTS: readonly Client[] = [scripted];

/** Those that `npm test` can afford. */
export const QUICK_CLIENTS: readonly Client[] = [scripted];
