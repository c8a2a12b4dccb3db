/** The services directory: notifications make it fast, a rescan makes it right, known-files.ts reads the files. */
import path from 'node:path';
import { mapBounded } from '../../core/bounded-map.js';
import type { Clock, Timer } from '../../core/clock.js';
import { type Log, silentLog } from '../../core/log.js';
import type { App } from '../../model/app.js';
import type { Problem } from '../../model/problem.js';
import type { Source, SourceListener } from '../source.js';
import { chooseFiles, MAX_SERVICE_FILES, Rotation } from './file-choice.js';
import {
  CLOCK_TICK_MS,
  type DirectoryStamp,
  directoryFailure,
  FILES_AT_ONCE,
  isAbsent,
  isServiceFileName,
  isWayThrough,
  listServiceFiles,
  stampDirectory,
} from './files.js';
import { KnownFiles } from './known-files.js';
import { DirectoryWatch } from './watch.js';

/** Notifications can be lost (queue overflow, network file systems, bind mounts), so the source looks itself this often. */
const RESCAN_MS = 2_000;
/**
 * A rescan looks at this many files, in turn, unless an entry of the directory came, went or was renamed. To look at all of
 * 5 000 files each time cost 15 % of a core for good.
 */
const FILES_A_RESCAN = 500;
/** One save of an editor is several events; a directory that is copied is hundreds. */
const COALESCE_MS = 20;

export interface DirectorySourceOptions {
  readonly directory: string;
  readonly clock: Clock;
  readonly log?: Log;
  /** Nobody named the directory: as long as there never was one, this node has no such source. */
  readonly isOptional?: boolean;
  /** false: no notifications, the rescan alone. */
  readonly isWatching?: boolean;
  readonly rescanMs?: number;
  /** Of more files, those in force are read, then the first by name. */
  readonly maxFiles?: number;
}

export class DirectorySource implements Source {
  readonly name = 'directory';
  readonly #directory: string;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #rescanMs: number;
  readonly #maxFiles: number;
  readonly #watch: DirectoryWatch | null;
  #listener: SourceListener | null = null;
  /** It is optional, and was neither read nor had apps in force before the last stop. */
  #mayBeAbsent: boolean;

  readonly #files: KnownFiles;
  /** There are more files than are read. */
  #excess: Problem | null = null;
  readonly #rotation = new Rotation(FILES_A_RESCAN);
  /** The directory as it was listed last; null: it is to be listed anew. */
  #listed: DirectoryStamp | null = null;
  /** The listener knows what is in force and that the source can be read. */
  #isToldAll = false;

  /** What is to be looked at next. */
  readonly #touched = new Set<string>();
  #isAllTouched = false;
  #isRescanDue = false;
  #soon: Timer | null = null;
  #rescan: Timer | null = null;
  #looking: Promise<void> | null = null;

  constructor({
    directory,
    clock,
    log = silentLog,
    isOptional = false,
    isWatching = true,
    rescanMs = RESCAN_MS,
    maxFiles = MAX_SERVICE_FILES,
  }: DirectorySourceOptions) {
    this.#directory = path.resolve(directory);
    this.#clock = clock;
    this.#log = log;
    this.#rescanMs = rescanMs;
    this.#maxFiles = maxFiles;
    this.#mayBeAbsent = isOptional;
    this.#files = new KnownFiles({
      directory: this.#directory,
      source: this.name,
      clock,
      onRested: (name) => {
        if (this.#listener === null) return;
        this.#touched.add(name);
        this.#lookSoon(0);
      },
    });
    this.#watch = isWatching
      ? new DirectoryWatch(this.#directory, {
          onChange: (name) => this.#touch(name),
          onLoss: (reason) =>
            this.#log.warn(
              { directory: this.#directory, reason },
              'file notifications failed; polling the directory instead',
            ),
        })
      : null;
  }

  restore(apps: readonly App[]): void {
    if (apps.length > 0) this.#mayBeAbsent = false;
    this.#files.restore(apps);
  }

  start(listener: SourceListener): void {
    this.#listener = listener;
    this.#touchAll();
  }

  refresh(): void {
    this.#files.distrust();
    this.#isToldAll = false;
    this.#touchAll();
  }

  async stop(): Promise<void> {
    this.#listener = null;
    this.#watch?.close();
    this.#soon?.cancel();
    this.#rescan?.cancel();
    await this.#looking;
  }

  #touch(name: string | null): void {
    if (name === null) this.#isAllTouched = true;
    else this.#touched.add(name);
    this.#lookSoon(COALESCE_MS);
  }

  #touchAll(): void {
    this.#isAllTouched = true;
    this.#lookSoon(0);
  }

  #lookSoon(delayMs: number): void {
    if (this.#listener === null || this.#soon !== null || this.#looking !== null) return;
    this.#soon = this.#clock.setTimer(delayMs, () => {
      this.#soon = null;
      this.#looking = this.#look().finally(() => {
        this.#looking = null;
        if (this.#isAllTouched || this.#isRescanDue || this.#touched.size > 0) this.#lookSoon(COALESCE_MS);
      });
    });
  }

  async #look(): Promise<void> {
    const isAll = this.#isAllTouched;
    const touched = [...this.#touched];
    const isRescan = this.#isRescanDue;
    this.#isAllTouched = false;
    this.#isRescanDue = false;
    this.#touched.clear();
    try {
      if (this.#mayBeAbsent) {
        // Nothing to watch: its parent may be missing too.
        this.#scheduleRescan();
        if (await isAbsent(this.#directory)) {
          this.#listener?.onAbsent(`${this.#directory} does not exist`);
          return;
        }
      }
      const hasChanged = isAll
        ? await this.#inspectAll()
        : isRescan
          ? await this.#inspectSome(touched)
          : await this.#inspectTouched(touched);
      if (hasChanged || !this.#isToldAll) this.#tellReading();
    } catch (error) {
      this.#isToldAll = false;
      this.#listener?.onFailure(directoryFailure(this.#directory, error));
    }
  }

  #scheduleRescan(): void {
    this.#rescan?.cancel();
    this.#rescan = this.#clock.setTimer(this.#rescanMs, () => {
      this.#isRescanDue = true;
      this.#lookSoon(0);
    });
  }

  /** Looks at all files when an entry has changed; else at some in turn and at those that have to be read again. */
  async #inspectSome(touched: readonly string[]): Promise<boolean> {
    this.#scheduleRescan();
    const listed = this.#listed;
    const { identity, changedAtMs } = await stampDirectory(this.#directory);
    if (!this.#isToldAll || listed?.identity !== identity || listed.changedAtMs !== changedAtMs)
      return this.#inspectAll();
    this.#watch?.expect();
    if (this.#listener !== null) this.#watch?.follow(identity);
    const { unread, names } = this.#files;
    return this.#inspectTouched([...new Set([...touched, ...unread, ...this.#rotation.take(names)])]);
  }

  /** @returns whether the apps in force or the problems have changed. */
  async #inspectAll(): Promise<boolean> {
    if (this.#listener === null) return false;
    this.#scheduleRescan();
    this.#watch?.expect();
    // First the notifications, then the listing: a change between the two is noticed.
    const stamp = await stampDirectory(this.#directory);
    const { identity, changedAtMs } = stamp;
    if (this.#listener !== null) this.#watch?.follow(identity);
    const isYoung = Math.abs(this.#clock.wallTime() - changedAtMs) < CLOCK_TICK_MS;
    this.#listed = isYoung ? null : stamp;
    const all = await listServiceFiles(this.#directory);
    const { names, problem } = chooseFiles(this.#directory, all, (name) => this.#files.has(name), this.#maxFiles);
    const isOtherExcess = problem?.message !== this.#excess?.message;
    this.#excess = problem;
    const changes = await this.#files.inspect(names);
    const hasVanished = changes.includes('gone');
    if (hasVanished && (await stampDirectory(this.#directory)).identity !== identity) {
      // The directory was exchanged meanwhile: files that were not found may be in the new one.
      this.#touchAll();
      return isOtherExcess || changes.includes('changed');
    }
    const present = new Set(names.filter((_, index) => changes[index] !== 'gone'));
    const hasLost = this.#files.keepOnly(present);
    return isOtherExcess || hasLost || changes.includes('changed');
  }

  async #inspectTouched(touched: readonly string[]): Promise<boolean> {
    const isFull = this.#files.size + touched.length > this.#maxFiles;
    // At the limit, new files wait for the next rescan: one listing then decides which of them are left out.
    const names = touched.filter((name) => isServiceFileName(name) && !(isFull && !this.#files.has(name)));
    const others = touched.filter((name) => !isServiceFileName(name));
    // Service files may be links that lead through another name (`..data`), but not through a writer's temporary file.
    const isWay = (name: string): Promise<boolean> => isWayThrough(path.join(this.#directory, name));
    if ((await mapBounded(others, FILES_AT_ONCE, isWay)).includes(true)) return this.#inspectAll();
    const changes = await this.#files.inspect(names);
    const hasChanged = changes.includes('changed');
    // Only a listing tells a file that is gone from a directory that is gone.
    return changes.includes('gone') ? (await this.#inspectAll()) || hasChanged : hasChanged;
  }

  #tellReading(): void {
    const reading = this.#files.settleReading();
    this.#isToldAll = true;
    this.#mayBeAbsent = false;
    const { apps, problems } = reading;
    this.#listener?.onReading(this.#excess === null ? reading : { apps, problems: [this.#excess, ...problems] });
  }
}
