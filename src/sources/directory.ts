/** The services directory: notifications make it fast, a rescan makes it right, directory-state.ts decides. */
import path from 'node:path';
import { mapBounded } from '../core/bounded-map.js';
import type { Clock, Timer } from '../core/clock.js';
import { type Log, silentLog } from '../core/log.js';
import type { App } from '../model/app.js';
import type { Problem } from '../model/problem.js';
import {
  type DirectoryStamp,
  directoryFailure,
  type FileRefusal,
  type FileStamp,
  isServiceFileName,
  isWayThrough,
  listServiceFiles,
  readServiceFile,
  type ServiceFile,
  stampDirectory,
  stampFile,
} from './directory-files.js';
import {
  directoryStateFromRecords,
  type FileContent,
  type FileRecord,
  ownersFromStored,
  recordFromContent,
  recordsFromStored,
} from './directory-state.js';
import { DirectoryWatch } from './directory-watch.js';
import { chooseFiles, MAX_SERVICE_FILES, Rotation } from './file-choice.js';
import type { Source, SourceListener } from './source.js';

/** Notifications can be lost (queue overflow, network file systems, bind mounts): so often we look ourselves. */
const RESCAN_MS = 2_000;
/**
 * So many files are looked at in one rescan, in turn, unless an entry of the directory came, went or was renamed. With 5 000
 * files all of them at each rescan cost 15 % of a core for good.
 */
const FILES_A_RESCAN = 500;
/** More would only wait for the four threads that Node has for files. */
const FILES_AT_ONCE = 16;
/** One save of an editor is several events; a directory that is copied is hundreds. */
const COALESCE_MS = 20;
/** Two writes within one tick of the file system's clock look the same; a file this young is read once more. */
const CLOCK_TICK_MS = 100;
/** A file that never comes to rest is believed after this time. */
const MAX_UNSETTLED_MS = 1_000;

export interface DirectorySourceOptions {
  readonly directory: string;
  readonly clock: Clock;
  readonly log?: Log;
  /** false: no notifications, the rescan alone. */
  readonly isWatching?: boolean;
  readonly rescanMs?: number;
  /** Of those beyond, none is read that is not in force already. */
  readonly maxFiles?: number;
}

type FileChange = 'same' | 'changed' | 'gone';

interface KnownFile {
  /** Of the version that was read; null: to be read again at the next look. */
  identity: string | null;
  /** What was read, or why it was refused: equal content is not looked at twice. */
  content: string;
  record: FileRecord;
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

  readonly #files = new Map<string, KnownFile>();
  /** There are more files than are read. */
  #excess: Problem | null = null;
  readonly #rotation = new Rotation(FILES_A_RESCAN);
  /** The directory as it was listed last; null: it is to be listed anew. */
  #listed: DirectoryStamp | null = null;
  /** Since when a file has looked half-written, on the monotonic clock. */
  readonly #unsettled = new Map<string, number>();
  /** What was in force before the last stop; null: all was read once, and a file that comes has no past. */
  #stored: ReadonlyMap<string, FileRecord> | null = new Map();
  #owners: ReadonlyMap<string, string> = new Map();
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
    isWatching = true,
    rescanMs = RESCAN_MS,
    maxFiles = MAX_SERVICE_FILES,
  }: DirectorySourceOptions) {
    this.#directory = path.resolve(directory);
    this.#clock = clock;
    this.#log = log;
    this.#rescanMs = rescanMs;
    this.#maxFiles = maxFiles;
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
    this.#stored = recordsFromStored(apps);
    this.#owners = ownersFromStored(apps);
  }

  start(listener: SourceListener): void {
    this.#listener = listener;
    this.#touchAll();
  }

  refresh(): void {
    for (const known of this.#files.values()) known.identity = null;
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
      const hasChanged = isAll
        ? await this.#inspectAll()
        : isRescan
          ? await this.#inspectSome(touched)
          : await this.#inspectTouched(touched);
      if (hasChanged || !this.#isToldAll) this.#tellState();
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

  /** The directory as a whole where an entry has changed, else some files in turn, and those that have to be read again. */
  async #inspectSome(touched: readonly string[]): Promise<boolean> {
    this.#scheduleRescan();
    const listed = this.#listed;
    const { identity, changedAtMs } = await stampDirectory(this.#directory);
    if (!this.#isToldAll || listed?.identity !== identity || listed.changedAtMs !== changedAtMs)
      return this.#inspectAll();
    this.#watch?.expect();
    if (this.#listener !== null) this.#watch?.follow(identity);
    const unread = [...this.#files].filter(([, known]) => known.identity === null).map(([name]) => name);
    return this.#inspectTouched([...new Set([...touched, ...unread, ...this.#rotation.take([...this.#files.keys()])])]);
  }

  /** @returns whether what is in force, or what is wrong with it, has changed. */
  async #inspectAll(): Promise<boolean> {
    if (this.#listener === null) return false;
    this.#scheduleRescan();
    this.#watch?.expect();
    // First the notifications, then the listing: what comes between the two is noticed.
    const stamp = await stampDirectory(this.#directory);
    const { identity, changedAtMs } = stamp;
    if (this.#listener !== null) this.#watch?.follow(identity);
    const isYoung = Math.abs(this.#clock.wallTime() - changedAtMs) < CLOCK_TICK_MS;
    this.#listed = isYoung ? null : stamp;
    const all = await listServiceFiles(this.#directory);
    const { names, problem } = chooseFiles(this.#directory, all, (name) => this.#files.has(name), this.#maxFiles);
    const isOtherExcess = problem?.message !== this.#excess?.message;
    this.#excess = problem;
    const changes = await this.#inspectFiles(names);
    const hasVanished = changes.includes('gone');
    if (hasVanished && (await stampDirectory(this.#directory)).identity !== identity) {
      // It was exchanged under our eyes: what was not found may be in the new one.
      this.#touchAll();
      return isOtherExcess || changes.includes('changed');
    }
    const present = new Set(names.filter((_, index) => changes[index] !== 'gone'));
    const absent = [...this.#files.keys()].filter((name) => !present.has(name));
    for (const name of absent) this.#forget(name);
    return isOtherExcess || absent.length > 0 || changes.includes('changed');
  }

  async #inspectTouched(touched: readonly string[]): Promise<boolean> {
    const isFull = this.#files.size + touched.length > this.#maxFiles;
    // With as many files as are read, the next rescan finds out which new ones are left out: it lists them but once.
    const names = touched.filter((name) => isServiceFileName(name) && !(isFull && !this.#files.has(name)));
    const others = touched.filter((name) => !isServiceFileName(name));
    // Service files may be links that lead through another name (`..data`); a writer's temporary file is no such way.
    const isWay = (name: string): Promise<boolean> => isWayThrough(path.join(this.#directory, name));
    if ((await mapBounded(others, FILES_AT_ONCE, isWay)).includes(true)) return this.#inspectAll();
    const changes = await this.#inspectFiles(names);
    const hasChanged = changes.includes('changed');
    // A file that is gone, or its directory? Only a listing of the directory tells.
    return changes.includes('gone') ? (await this.#inspectAll()) || hasChanged : hasChanged;
  }

  #inspectFiles(names: readonly string[]): Promise<readonly FileChange[]> {
    return mapBounded(names, FILES_AT_ONCE, (name) => this.#inspectFile(name));
  }

  async #inspectFile(name: string): Promise<FileChange> {
    const file = path.join(this.#directory, name);
    const stamp = await stampFile(file);
    if (stamp === null) return 'gone';
    if (this.#files.get(name)?.identity === stamp.identity) return 'same';
    const found = stamp.refusal ?? (await readServiceFile(file));
    return this.#take(name, stamp, found) ? 'changed' : 'same';
  }

  #take(name: string, stamp: FileStamp, found: ServiceFile | FileRefusal): boolean {
    const known = this.#files.get(name);
    const wallTime = this.#clock.wallTime();
    const isRefused = 'message' in found;
    const isPassing = isRefused && found.isPassing === true;
    const isYoung = Math.abs(wallTime - stamp.mtimeMs) < CLOCK_TICK_MS;
    const identity = isPassing || isYoung ? null : stamp.identity;
    const content = isRefused ? `\0${found.message}` : found.text;
    if (known?.content === content) {
      known.identity = identity;
      this.#unsettled.delete(name);
      return false;
    }
    const ageMs = this.#mayWait(name) ? wallTime - stamp.mtimeMs : Number.POSITIVE_INFINITY;
    const file = path.join(this.#directory, name);
    const newest: FileContent = isRefused ? { kind: 'refused', ...found } : { kind: 'text', ...found, ageMs };
    const verdict = recordFromContent(file, this.name, newest, known?.record ?? this.#stored?.get(file) ?? null);
    if (verdict.kind === 'unsettled') {
      this.#lookAgain(name, verdict.waitMs);
      return false;
    }
    this.#unsettled.delete(name);
    this.#files.set(name, { identity, content, record: verdict.record });
    return true;
  }

  /** At the first look there is nothing to lose, and a source that has not spoken holds up the start. */
  #mayWait(name: string): boolean {
    const since = this.#unsettled.get(name);
    return this.#stored === null && (since === undefined || this.#clock.now() - since < MAX_UNSETTLED_MS);
  }

  #lookAgain(name: string, waitMs: number): void {
    const known = this.#files.get(name);
    if (known !== undefined) known.identity = null;
    if (!this.#unsettled.has(name)) this.#unsettled.set(name, this.#clock.now());
    this.#clock.setTimer(waitMs + 1, () => {
      if (this.#listener === null || !this.#unsettled.has(name)) return;
      this.#touched.add(name);
      this.#lookSoon(0);
    });
  }

  #forget(name: string): boolean {
    this.#unsettled.delete(name);
    return this.#files.delete(name);
  }

  #tellState(): void {
    const records = [...this.#files.values()].map((known) => known.record);
    const { state, owners } = directoryStateFromRecords(records, this.#owners);
    this.#owners = owners;
    this.#stored = null;
    this.#isToldAll = true;
    const { apps, problems } = state;
    this.#listener?.onState(this.#excess === null ? state : { apps, problems: [this.#excess, ...problems] });
  }
}
