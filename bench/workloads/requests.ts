/** What is measured as CPU time per request, and what was promised of it. */
import { PLAIN_SETUP, type Setup } from '../contenders/contender.js';

export interface Workload {
  readonly title: string;
  readonly setup: Setup;
  readonly path: string;
  readonly connections: number;
  readonly closesEach: boolean;
  readonly bodyBytes: number;
  /** How many of the slots are asked; the others are there. */
  readonly askedSlots: number;
  /** At most so many times HAProxy's, of each release, on the newest Node; null: shown, and nothing promised. */
  readonly bound: number | null;
  /** At most so many times that of an autoproxy with the plain setup, in the same run. */
  readonly besidePlain: number | null;
}

const PLAIN: Omit<Workload, 'title'> = {
  setup: PLAIN_SETUP,
  path: '/',
  connections: 64,
  closesEach: false,
  bodyBytes: 0,
  askedSlots: 1,
  bound: null,
  besidePlain: null,
};

const NAMED = {
  small: { ...PLAIN, title: 'small keep-alive GET, 64 connections', bound: 0.95 },
  'small-1': { ...PLAIN, title: 'small keep-alive GET, 1 connection', connections: 1, bound: 0.95 },
  'small-512': { ...PLAIN, title: 'small keep-alive GET, 512 connections', connections: 512, bound: 0.95 },
  post: { ...PLAIN, title: '1 KB POST', bodyBytes: 1_024, bound: 1.0 },
  '64k': { ...PLAIN, title: '64 KB response', path: '/size/65536', connections: 32, bound: 1.0 },
  '1m': { ...PLAIN, title: '1 MB response', path: '/size/1048576', connections: 16, bound: 0.9 },
  upload: { ...PLAIN, title: '1 MB upload', path: '/sink', bodyBytes: 1_048_576, connections: 16, bound: 0.9 },
  connection: { ...PLAIN, title: 'one connection per request', closesEach: true, bound: 1.0 },
  tcp: {
    ...PLAIN,
    title: 'TCP mode, 64 KB messages',
    setup: { ...PLAIN_SETUP, protocol: 'tcp' },
    path: '/size/65536',
    connections: 32,
    bound: 0.85,
  },
  log: { ...PLAIN, title: 'access log on', setup: { ...PLAIN_SETUP, hasAccessLog: true }, bound: 1.0 },
  websocket: {
    ...PLAIN,
    title: 'WebSocket echo, 128 bytes',
    setup: { ...PLAIN_SETUP, origin: 'echo' },
    bodyBytes: 128,
  },
  'slots-10': { ...PLAIN, title: '10 slots, four of them asked', setup: { ...PLAIN_SETUP, slots: 10 }, askedSlots: 4 },
  'slots-1000': {
    ...PLAIN,
    title: '1 000 slots, one of them asked',
    setup: { ...PLAIN_SETUP, slots: 1_000 },
    besidePlain: 1.05,
  },
  'slots-all': {
    ...PLAIN,
    title: '1 000 slots, all of them asked, a connection each',
    setup: { ...PLAIN_SETUP, slots: 1_000 },
    connections: 1_000,
    askedSlots: 1_000,
    besidePlain: 1.08,
  },
  'instances-100': {
    ...PLAIN,
    title: '100 instances',
    setup: { ...PLAIN_SETUP, instances: 100 },
    besidePlain: 1.05,
  },
  'workers-2': {
    ...PLAIN,
    title: 'two workers',
    setup: { ...PLAIN_SETUP, workers: 2 },
    // Twice the work for twice the CPU: 1.9 of 2.
    besidePlain: 1.05,
  },
} satisfies Record<string, Workload>;

export const WORKLOADS: ReadonlyMap<string, Workload> = new Map(Object.entries<Workload>(NAMED));
