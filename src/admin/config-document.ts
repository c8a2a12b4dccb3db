/**
 * The JSON that `GET /config` answers and `autoproxy config` shows: the options that are in force, and where each value
 * comes from. Plain data; fields are only ever added.
 */
export interface ConfigDocument {
  readonly version: 1;
  readonly node: string;
  /** The file of options that was read; null: none. */
  readonly file: string | null;
  /** In the order of the table of options. */
  readonly options: readonly ConfigOption[];
}

export interface ConfigOption {
  /** As in `--name` and as a key of the file. */
  readonly name: string;
  /** As somebody wrote it; null: it is not set, or secret. */
  readonly value: string | null;
  readonly origin: 'flag' | 'environment' | 'file' | 'default';
  /** `--bind`, `AUTOPROXY_BIND`, or file:line:col; null for a default. */
  readonly place: string | null;
  /** Its value is never shown; `origin` says whether it is set. */
  readonly isSecret: boolean;
}
