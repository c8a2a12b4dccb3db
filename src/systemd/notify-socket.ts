import { execFile } from 'node:child_process';

/** Part of every installation of systemd. Node itself has no datagram sockets of the kind that sd_notify(3) wants. */
const PROGRAM = 'systemd-notify';
/** It waits up to 5 s until systemd has read the message, so that systemd still knows whose it was. */
const PROGRAM_MS = 10_000;

/** What systemd wants to be told: where, and how often. */
export interface NotifySocket {
  /** A path, or a name that begins with @. */
  readonly address: string;
  /** The longest silence that systemd allows; null: it does not watch. */
  readonly watchdogMs: number | null;
  /** Where the program is looked for. */
  readonly searchPath: string | undefined;
}

/** Words of sd_notify(3) and their values. */
export type Assignments = Readonly<
  Partial<Record<'READY' | 'STATUS' | 'WATCHDOG' | 'STOPPING' | 'EXTEND_TIMEOUT_USEC', string>>
>;

/**
 * Reads what systemd told this process, and takes it out of the environment: it is not meant for the processes that are
 * started from here.
 * @returns null when systemd wants to be told nothing
 */
export function takeNotifySocket(env: NodeJS.ProcessEnv, pid = process.pid): NotifySocket | null {
  const { NOTIFY_SOCKET: address, WATCHDOG_USEC, WATCHDOG_PID, PATH: searchPath } = env;
  for (const name of ['NOTIFY_SOCKET', 'WATCHDOG_USEC', 'WATCHDOG_PID']) delete env[name];
  if (address === undefined || address === '') return null;
  const isOurs = WATCHDOG_PID === undefined || WATCHDOG_PID === String(pid);
  const watchdogMs = /^[1-9]\d{0,15}$/.test(WATCHDOG_USEC ?? '') ? Number(WATCHDOG_USEC) / 1_000 : null;
  return { address, watchdogMs: isOurs ? watchdogMs : null, searchPath };
}

/** Rejects with what the program said; resolves when systemd has read all of it. */
export function notify({ address, searchPath }: NotifySocket, assignments: Assignments): Promise<void> {
  const words = Object.entries(assignments).map(([name, value]) => `${name}=${value.replace(/\s+/g, ' ')}`);
  const env = { NOTIFY_SOCKET: address, ...(searchPath === undefined ? {} : { PATH: searchPath }) };
  return new Promise((resolve, reject) => {
    execFile(PROGRAM, words, { env, timeout: PROGRAM_MS, killSignal: 'SIGKILL' }, (error) =>
      error === null ? resolve() : reject(error),
    );
  });
}
