/** Operators' decisions, in force at once and kept over restarts. */
import type { Clock } from '../../core/clock.js';
import { removeHalfWritten } from '../../core/durable-file.js';
import { KeptFile } from '../../core/kept-file.js';
import { type Log, silentLog } from '../../core/log.js';
import type { Saving, UnsavedFile } from '../../core/save-record.js';
import { codeOf, reasonOf } from '../../core/thrown.js';
import { type Loading, type UnreadFile, UnreadRecord } from '../../core/unread-file.js';
import { readWholeFile } from '../../core/whole-file.js';
import type { AdminState, App } from '../../model/app.js';
import { type Override, overridesFromJson, overridesToJson, prunedOverrides, withOverride } from './override-list.js';
import { prunedWeights, type WeightDecision, withoutWeight, withWeight } from './weight-list.js';

/** A decision is some 200 bytes, at most 2 KB. */
const MAX_BYTES = 16_777_216;
/** Who decided what concerns the operators of this node. */
const FILE_MODE = 0o600;

interface OverridesOptions {
  /** Absolute path of `overrides.json` in the state directory; null: nothing is kept over a restart. */
  readonly file: string | null;
  readonly clock: Clock;
  readonly log?: Log;
  /** What the sources say at this moment, without overrides: a `ready` that says the same is not kept. */
  readonly apps?: () => readonly App[];
}

/** A decision is in force whether or not it could be written down. */
type Saved = { readonly isSaved: true } | { readonly isSaved: false; readonly reason: string };

export class Overrides implements Saving, Loading {
  /** null: nothing is kept over a restart. */
  readonly #file: KeptFile | null;
  readonly #unread: UnreadRecord | null;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #apps: () => readonly App[];
  readonly #listeners = new Set<() => void>();
  #overrides: readonly Override[] = [];
  #weights: readonly WeightDecision[] = [];

  constructor({ file, clock, log = silentLog, apps = () => [] }: OverridesOptions) {
    this.#clock = clock;
    this.#log = log;
    this.#apps = apps;
    this.#unread = file === null ? null : new UnreadRecord(file, clock);
    this.#file =
      file === null
        ? null
        : new KeptFile({
            file,
            mode: FILE_MODE,
            clock,
            log,
            failed: 'decisions of operators are in force but not saved: a restart forgets them; saving is tried again',
            again: 'the decisions of operators are on the disk again',
          });
  }

  get unsaved(): UnsavedFile | null {
    return this.#file?.unsaved ?? null;
  }

  get unread(): UnreadFile | null {
    return this.#unread?.unread ?? null;
  }

  list(): readonly Override[] {
    return this.#overrides;
  }

  weights(): readonly WeightDecision[] {
    return this.#weights;
  }

  /** @returns a function that ends it. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /**
   * Decides at once; the promise tells whether the decision is on the disk by now. It never rejects.
   * @param instance `ip:port`, or null for all instances of the app
   * @param by who decided, for people
   * @param life of the instance; null: the decision is about any instance at the address
   */
  set(app: string, instance: string | null, state: AdminState, by: string, life: string | null = null): Promise<Saved> {
    const at = new Date(this.#clock.wallTime()).toISOString();
    const decided = withOverride(this.#overrides, { app, instance, life, state, by: by.slice(0, 1_024), at });
    this.#overrides = prunedOverrides(decided, this.#apps());
    for (const listener of this.#listeners) listener();
    return this.#save();
  }

  /** As `set`. @param weight null: that of the source again */
  setWeight(
    app: string,
    instance: string,
    weight: number | null,
    by: string,
    life: string | null = null,
  ): Promise<Saved> {
    const at = new Date(this.#clock.wallTime()).toISOString();
    const decided =
      weight === null
        ? withoutWeight(this.#weights, app, instance)
        : withWeight(this.#weights, { app, instance, life, weight, by: by.slice(0, 1_024), at });
    this.#weights = prunedWeights(decided, this.#apps());
    for (const listener of this.#listeners) listener();
    return this.#save();
  }

  /** Writes what is not written yet, and no more then. */
  async end(): Promise<void> {
    await this.#file?.end();
  }

  /** Reads what was decided before. A file that cannot be read is set aside and named; it never stops a start. */
  async load(): Promise<void> {
    if (this.#file === null) return;
    const { path } = this.#file;
    await removeHalfWritten(path);
    let text: string;
    try {
      text = await readWholeFile(path, MAX_BYTES);
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return;
      // Also where it may be good: the next decision would write over it.
      return this.#setAside(path, reasonOf(error));
    }
    const parsed = overridesFromJson(text);
    if (typeof parsed === 'string') return this.#setAside(path, parsed);
    if (parsed.unread.length > 0) await this.#keepCopy(path, parsed.unread);
    this.#overrides = parsed.overrides;
    this.#weights = parsed.weights;
    for (const listener of this.#listeners) listener();
  }

  /** The next decision writes the file anew, without what could not be read. */
  async #keepCopy(file: string, unread: readonly string[]): Promise<void> {
    const [first = '', ...others] = unread;
    const reason = others.length === 0 ? first : `${first}, and ${others.length} more`;
    const copy = (await this.#unread?.keepCopy(reason)) ?? null;
    this.#log.error({ file, unread, copy }, 'some overrides are invalid and ignored; the others are in force');
  }

  async #setAside(file: string, reason: string): Promise<void> {
    const movedTo = (await this.#unread?.setAside(reason)) ?? null;
    this.#log.error({ file, reason, movedTo }, 'the overrides cannot be read; starting without them');
  }

  async #save(): Promise<Saved> {
    if (this.#file === null) return { isSaved: false, reason: 'this node has no state directory (--state-dir)' };
    this.#file.keep(() => overridesToJson(this.#overrides, this.#weights));
    const failure = await this.#file.flush();
    return failure === null ? { isSaved: true } : { isSaved: false, reason: `${this.#file.path}: ${failure}` };
  }
}
