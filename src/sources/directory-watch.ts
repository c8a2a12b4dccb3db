import { type FSWatcher, watch } from 'node:fs';
import path from 'node:path';

export interface DirectoryWatchListener {
  /** Something happened to the entry of this name; null: to anything. */
  onChange(name: string | null): void;
  /** The notifications have ended or can not be had; looking from time to time has to do. */
  onLoss(reason: string): void;
}

/**
 * Notifications of one directory, and of its own name in its parent, where a symbolic link to it is swapped and where it
 * comes back after it was removed. They are hints that make things fast: nothing is right because of them.
 */
export class DirectoryWatch {
  readonly #directory: string;
  readonly #listener: DirectoryWatchListener;
  #watchers: FSWatcher[] = [];
  #identity: string | null = null;

  constructor(directory: string, listener: DirectoryWatchListener) {
    this.#directory = path.resolve(directory);
    this.#listener = listener;
  }

  /** Watches the directory of this identity; does nothing when that is what is watched. */
  follow(identity: string): void {
    if (identity === this.#identity) return;
    this.close();
    this.#identity = identity;
    const own = path.basename(this.#directory);
    this.#open(this.#directory, (event, name) => {
      // Its own name: the directory itself was moved or removed, and this watch with it.
      if (event === 'rename' && name === own) this.#identity = null;
      this.#listener.onChange(name);
    });
    this.#open(path.dirname(this.#directory), (_, name) => {
      if (name !== own && name !== null) return;
      this.#identity = null;
      this.#listener.onChange(null);
    });
  }

  close(): void {
    for (const watcher of this.#watchers) watcher.close();
    this.#watchers = [];
    this.#identity = null;
  }

  #open(directory: string, onEvent: (event: string, name: string | null) => void): void {
    try {
      const watcher = watch(directory, { persistent: false }, onEvent);
      watcher.on('error', (error) => {
        this.close();
        this.#listener.onLoss(error.message);
      });
      this.#watchers.push(watcher);
    } catch (error) {
      this.#listener.onLoss(error instanceof Error ? error.message : String(error));
    }
  }
}
