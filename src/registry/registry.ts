/** Where apps and slots are written. Two halves do the same: a directory, and Consul's key-value store. */
import type { AppDefinition } from '../model/app-definition.js';
import type { Problem } from '../model/problem.js';

export interface StoredApp {
  readonly definition: AppDefinition;
  /** Its document as it is written there. */
  readonly text: string;
  /** Another one after each change. */
  readonly version: string;
}

export interface StoredApps {
  /** Sorted by name, each once. */
  readonly apps: readonly StoredApp[];
  /** Names that stand there and cannot be read: they are taken all the same. */
  readonly refused: readonly string[];
  /** Why a document cannot be read, one for each whose apps are not all known by name: it may define any app. */
  readonly unreadable: readonly Problem[];
  readonly problems: readonly Problem[];
}

/** Slot `port` belongs to `app`. */
export interface SlotRecord {
  readonly port: number;
  readonly app: string;
}

/** It did until `freedAt` (milliseconds since 1970), and goes to no other before its quarantine is over. */
export interface FreedSlot extends SlotRecord {
  readonly freedAt: number;
}

export interface SlotBook {
  /** Sorted by port. */
  readonly slots: readonly SlotRecord[];
  readonly freed: readonly FreedSlot[];
  /** Entries there that are not slots. */
  readonly problems: readonly Problem[];
}

export interface SlotStore {
  list(): Promise<SlotBook>;
  /** @returns the app that has it, or null */
  get(port: number): Promise<string | null>;
  /**
   * Writes the record, which ends the quarantine of the slot.
   * @param freedAt of the quarantine that was judged; null: it was in none
   * @returns false when there is a record already, or another quarantine; nothing was then written
   */
  claim(port: number, app: string, freedAt: number | null): Promise<boolean>;
  /**
   * Takes the record of this app away.
   * @param freedAt when its quarantine begins, or had begun; null: it was never in use
   * @returns false when the slot is not the app's
   */
  free(port: number, app: string, freedAt: number | null): Promise<boolean>;
}

/** Who writes a version of a definition, for its history. */
export interface WriteNote {
  /** `withdrawn`: a write takes itself back, because another app took its route meanwhile. */
  readonly act: 'put' | 'rm' | 'undo' | 'withdrawn';
  /** Milliseconds since 1970. */
  readonly at: number;
  /** `ops@host-1`. */
  readonly author: string;
}

/** A version of a definition that was written or removed. */
export interface HistoryEntry extends Omit<WriteNote, 'act'> {
  /** Rising from 1 for each app. */
  readonly number: number;
  /** `found`: somebody had written it without autoproxy; `at` is when that was found, `author` is `-`. */
  readonly act: WriteNote['act'] | 'found';
  /** Its document; null for `rm`, and for one that is too large to be kept. */
  readonly text: string | null;
}

/** Every method throws a RegistryFailure when the registry cannot be read or written. */
export interface Registry {
  /** For people: the directory, or the URL. */
  readonly place: string;
  readonly slots: SlotStore;
  list(): Promise<StoredApps>;
  get(name: string): Promise<StoredApp | null>;
  /**
   * Writes a document, check-and-set.
   * @param expected the version that it replaces; null: there is none
   * @param slot must be recorded for the app while it is written: a write that comes late uses no slot that was freed
   * meanwhile. null: any record
   * @param note is kept with the document in the history of the app; without it the history says nothing of this write
   * @returns false when the registry holds another version, or the record is not there; nothing was then written
   */
  put(name: string, text: string, expected: string | null, slot: number | null, note?: WriteNote): Promise<boolean>;
  /** @returns false when the registry holds another version */
  remove(name: string, expected: string, note?: WriteNote): Promise<boolean>;
  /** The versions of an app that are kept, the oldest first; also of one that is gone. */
  history(name: string): Promise<readonly HistoryEntry[]>;
  close(): void;
}

/** The registry cannot be read or written; the message says which, why, and what to do. */
export class RegistryFailure extends Error {
  readonly hint: string | null;

  constructor(message: string, hint: string | null = null, cause?: unknown) {
    super(message, { cause });
    this.name = 'RegistryFailure';
    this.hint = hint;
  }
}
