/** Waits for it until the signal is aborted; what was begun goes on. */
export async function unlessAborted(promise: Promise<unknown> | null, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await Promise.race([promise, new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()))]);
}
