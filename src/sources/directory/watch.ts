import { type FSWatcher, watch } from 'node:fs';
import path from 'node:path';
import { reasonOf } from '../../core/thrown.js';

interface DirectoryWatchListener {
  /** Something happened to the entry of this name; null: to anything. */
  onChange(name: string | null): void;
  /** The notifications have ended or cannot be had; looking from time to time has to do. */
  onLoss(reason: string): void;
}

/**
 * Notifications of one directory, and of its own name in its parent, where a symbolic link to it is swapped and where it
 * comes back after it was removed. They are hints that make things fast: nothing is right because of them.
 */
export class DirectoryWatch {
  readonly #directory: string;
  readonly #listener: DirectoryWatchListener;
  readonly #saidLosses = new Set<string>();
  #own: FSWatcher | null = null;
  #parent: FSWatcher | null = null;
  #identity: string | null = null;

  constructor(directory: string, listener: DirectoryWatchListener) {
    this.#directory = path.resolve(directory);
    this.#listener = listener;
  }

  /** Watches for the directory to come or to be exchanged. */
  expect(): void {
    const own = path.basename(this.#directory);
    this.#parent ??= this.#open(path.dirname(this.#directory), (_, name) => {
      if (name !== own && name !== null) return;
      this.#identity = null;
      this.#listener.onChange(null);
    });
  }

  /** Watches the directory of this identity; does nothing when that is what is watched. */
  follow(identity: string): void {
    if (identity === this.#identity) return;
    const own = path.basename(this.#directory);
    this.#own?.close();
    this.#own = this.#open(this.#directory, (event, name) => {
      // Its own name: the directory itself was moved or removed, and this watch with it.
      const isGone = event === 'rename' && name === own;
      if (isGone) this.#identity = null;
      this.#listener.onChange(isGone ? null : name);
    });
    this.#identity = this.#own === null ? null : identity;
  }

  close(): void {
    this.#own?.close();
    this.#parent?.close();
    this.#own = null;
    this.#parent = null;
    this.#identity = null;
  }

  #open(directory: string, onEvent: (event: string, name: string | null) => void): FSWatcher | null {
    try {
      const watcher = watch(directory, { persistent: false }, onEvent);
      watcher.on('error', (error) => {
        this.close();
        this.#sayLoss(error.message);
      });
      return watcher;
    } catch (error) {
      this.#sayLoss(reasonOf(error));
      return null;
    }
  }

  /** Each reason once: it is tried again at every rescan. */
  #sayLoss(reason: string): void {
    if (this.#saidLosses.has(reason)) return;
    this.#saidLosses.add(reason);
    this.#listener.onLoss(reason);
  }
}
