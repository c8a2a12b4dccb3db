/**
 * What signals mean to a node:
 *
 *   TERM, USR1, first INT   stop when all that is under way has ended
 *   QUIT, second INT        stop now
 *   HUP                     read all sources again, open the access log anew, look whether a restart would take the options
 *   USR2                    replace the workers one after another
 *
 * Handlers are in place from the start: Node's own for USR1 would open a debugger's port.
 */
export class Signals {
  readonly #handlers = new Map<NodeJS.Signals, () => void>();
  readonly #listeners = new Map<'reload' | 'roll', () => void>();
  readonly #stop = createLatch();
  readonly #stopNow = createLatch();

  constructor() {
    this.#bind('SIGTERM', () => this.#stop.open());
    this.#bind('SIGUSR1', () => this.#stop.open());
    this.#bind('SIGINT', () => {
      if (this.#stop.isOpen) this.#stopNow.open();
      this.#stop.open();
    });
    this.#bind('SIGQUIT', () => {
      this.#stopNow.open();
      this.#stop.open();
    });
    this.#bind('SIGHUP', () => this.#listeners.get('reload')?.());
    this.#bind('SIGUSR2', () => this.#listeners.get('roll')?.());
  }

  on(request: 'reload' | 'roll', listener: () => void): void {
    this.#listeners.set(request, listener);
  }

  stopRequested(): Promise<void> {
    return this.#stop.opened;
  }

  stopNowRequested(): Promise<void> {
    return this.#stopNow.opened;
  }

  release(): void {
    for (const [signal, handler] of this.#handlers) process.removeListener(signal, handler);
  }

  #bind(signal: NodeJS.Signals, handler: () => void): void {
    this.#handlers.set(signal, handler);
    process.on(signal, handler);
  }
}

/** Opens once and stays open. */
function createLatch(): { readonly opened: Promise<void>; readonly isOpen: boolean; open(): void } {
  let isOpen = false;
  let resolveOpened = (): void => {};
  const opened = new Promise<void>((resolve) => {
    resolveOpened = resolve;
  });
  return {
    opened,
    get isOpen() {
      return isOpen;
    },
    open() {
      isOpen = true;
      resolveOpened();
    },
  };
}
