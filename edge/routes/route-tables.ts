/** What the maps of the edge hold: for each way to look an app up, keys and the apps they lead to. */

/** One line of a map. The key is whole, as HAProxy compares it; how it is written into a file is the writer's business. */
export interface MapEntry {
  readonly key: string;
  /** The name of the app. */
  readonly app: string;
}

/**
 * The keys are, `HOST` being a name or `*.` and a name, and `\x1f` the four characters that PCRE2 reads as one:
 * - exact: `HOST/path`, for map_str
 * - pathRegex: `^HOST\x1f(?:PATTERN)$` with the host escaped, for map_reg; the first match in this order counts
 * - prefix: `HOST/path/`, for map_beg, which finds the longest key in any order
 * - hostRegex: `^(?:PATTERN)\x1f(?:...)$`, for map_reg; the first match in this order counts
 */
export interface RouteTables {
  readonly exact: readonly MapEntry[];
  readonly pathRegex: readonly MapEntry[];
  readonly prefix: readonly MapEntry[];
  readonly hostRegex: readonly MapEntry[];
}
