/** What a client saw in one case, as aspects and their values, and where three ways of asking do not agree. */

/** Aspect → value, as `1 status` → `200` or `1 seen host` → `compat.example`. What was not there has no aspect. */
export type Observation = ReadonlyMap<string, string>;

export interface Difference {
  readonly aspect: string;
  /** null: it was not there. */
  readonly direct: string | null;
  readonly haproxy: string | null;
  readonly autoproxy: string | null;
}

/** Of a response that a proxy made by itself: an error page. */
export const PROXY_PAGE = 'page';

/**
 * Of an error page of ours the status counts, and not that it is another page than HAProxy's or the server's.
 * @returns the aspects in which autoproxy gives what neither the server itself nor HAProxy gives
 */
export function differences(direct: Observation, haproxy: Observation, autoproxy: Observation): Difference[] {
  const aspects = new Set([...direct.keys(), ...haproxy.keys(), ...autoproxy.keys()]);
  return [...aspects]
    .map((aspect) => ({
      aspect,
      direct: direct.get(aspect) ?? null,
      haproxy: haproxy.get(aspect) ?? null,
      autoproxy: autoproxy.get(aspect) ?? null,
    }))
    .filter((seen) => seen.autoproxy !== seen.direct && seen.autoproxy !== seen.haproxy)
    .filter(({ aspect }) => {
      const [response = '', what = ''] = aspect.split(' ');
      return what === 'status' || !autoproxy.has(`${response} ${PROXY_PAGE}`);
    });
}
