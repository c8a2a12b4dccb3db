/** The service files that were read: which version of each, and what it has in force. */
import path from 'node:path';
import { mapBounded } from '../../core/bounded-map.js';
import type { Clock } from '../../core/clock.js';
import type { App } from '../../model/app.js';
import type { SourceReading } from '../source.js';
import {
  CLOCK_TICK_MS,
  FILES_AT_ONCE,
  type FileRefusal,
  type FileStamp,
  readServiceFile,
  type ServiceFile,
  stampFile,
} from './files.js';
import {
  directoryReadingFrom,
  type FileContent,
  type FileRecord,
  ownersFromStored,
  recordFromContent,
  recordsFromStored,
} from './reading.js';

/** A file that never comes to rest is believed after this time. */
const MAX_UNSETTLED_MS = 1_000;

interface KnownFilesOptions {
  readonly directory: string;
  /** Name of the source, for `Origin.source`. */
  readonly source: string;
  readonly clock: Clock;
  /** A file that looked half-written has had time to come to rest: it has to be read again. */
  readonly onRested: (name: string) => void;
}

type FileChange = 'same' | 'changed' | 'gone';

interface KnownFile {
  /** Of the version that was read; null: to be read again at the next look. */
  identity: string | null;
  /** The text, or why it was refused: equal content is parsed once. */
  content: string;
  record: FileRecord;
}

export class KnownFiles {
  readonly #options: KnownFilesOptions;
  readonly #files = new Map<string, KnownFile>();
  /** Since when a file has looked half-written, on the monotonic clock. */
  readonly #unsettled = new Map<string, number>();
  /** What was in force before the last stop; null once all was read: from then on a new file has no past. */
  #stored: ReadonlyMap<string, FileRecord> | null = new Map();
  #owners: ReadonlyMap<string, string> = new Map();

  constructor(options: KnownFilesOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#files.size;
  }

  get names(): readonly string[] {
    return [...this.#files.keys()];
  }

  /** The names of those that have to be read again whether or not they changed. */
  get unread(): readonly string[] {
    return [...this.#files].filter(([, { identity }]) => identity === null).map(([name]) => name);
  }

  has(name: string): boolean {
    return this.#files.has(name);
  }

  restore(apps: readonly App[]): void {
    this.#stored = recordsFromStored(apps);
    this.#owners = ownersFromStored(apps);
  }

  /** Each file is read again at the next look. */
  distrust(): void {
    for (const known of this.#files.values()) known.identity = null;
  }

  /** Reads those that are new or have changed. @returns what became of each, beside `names` */
  inspect(names: readonly string[]): Promise<readonly FileChange[]> {
    return mapBounded(names, FILES_AT_ONCE, (name) => this.#inspectFile(name));
  }

  /** Forgets all other files. @returns whether there were any */
  keepOnly(names: ReadonlySet<string>): boolean {
    const absent = this.names.filter((name) => !names.has(name));
    for (const name of absent) {
      this.#unsettled.delete(name);
      this.#files.delete(name);
    }
    return absent.length > 0;
  }

  /** What all files together have in force. After the first call, a file that comes has no past. */
  settleReading(): SourceReading {
    const records = [...this.#files.values()].map(({ record }) => record);
    const { reading, owners } = directoryReadingFrom(records, this.#owners);
    this.#owners = owners;
    this.#stored = null;
    return reading;
  }

  async #inspectFile(name: string): Promise<FileChange> {
    const file = this.#pathOf(name);
    const stamp = await stampFile(file);
    if (stamp === null) return 'gone';
    if (this.#files.get(name)?.identity === stamp.identity) return 'same';
    const found = stamp.refusal ?? (await readServiceFile(file));
    return this.#take(name, stamp, found) ? 'changed' : 'same';
  }

  #take(name: string, stamp: FileStamp, found: ServiceFile | FileRefusal): boolean {
    const known = this.#files.get(name);
    const wallTime = this.#options.clock.wallTime();
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
    const file = this.#pathOf(name);
    const newest: FileContent = isRefused ? { kind: 'refused', ...found } : { kind: 'text', ...found, ageMs };
    const previous = known?.record ?? this.#stored?.get(file) ?? null;
    const verdict = recordFromContent(file, this.#options.source, newest, previous);
    if (verdict.kind === 'unsettled') {
      this.#awaitRest(name, verdict.waitMs);
      return false;
    }
    this.#unsettled.delete(name);
    this.#files.set(name, { identity, content, record: verdict.record });
    return true;
  }

  /** Not at the first look: nothing can be lost then, and the start waits for the first reading of each source. */
  #mayWait(name: string): boolean {
    const since = this.#unsettled.get(name);
    return this.#stored === null && (since === undefined || this.#options.clock.now() - since < MAX_UNSETTLED_MS);
  }

  #awaitRest(name: string, waitMs: number): void {
    const { clock, onRested } = this.#options;
    const known = this.#files.get(name);
    if (known !== undefined) known.identity = null;
    if (!this.#unsettled.has(name)) this.#unsettled.set(name, clock.now());
    clock.setTimer(waitMs + 1, () => {
      if (this.#unsettled.has(name)) onRested(name);
    });
  }

  #pathOf(name: string): string {
    return path.join(this.#options.directory, name);
  }
}
