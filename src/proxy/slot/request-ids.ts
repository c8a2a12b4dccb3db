import type { SlotSnapshot } from '../../snapshot/snapshot.js';
import type { RandomIds } from './random-ids.js';

/** Where the ids of a request are kept for its line in the access log. */
interface IdsOfRequest {
  traceId: string;
  requestId: string;
}

interface FoundField {
  /** In lower case. */
  readonly name: string;
  readonly value: string;
}

const PARENT = 'traceparent';
const STATE = 'tracestate';
/** W3C Trace Context 3.2: a later version may have more behind a dash; version ff and ids of zeros are invalid. */
const VALID_PARENT = /^(?!ff|00.{54})[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(?:-.*)?$/;
/** What can stand in each log, each URL and each query as it is. */
const VALID_REQUEST_ID = /^[0-9A-Za-z][0-9A-Za-z+/=@:._~-]{0,127}$/;
/** Instances that follow what their parent decided would record nothing without it. */
const SAMPLED = '01';

/**
 * What a slot puts on its requests so that they can be followed. A valid field of the client goes on untouched; what is
 * not valid, or there more than once, is replaced, so that all who read it see one id.
 */
export class RequestIds {
  readonly #random: RandomIds;
  readonly #trace: boolean;
  readonly #field: string | null;
  readonly #lines: RegExp;

  private constructor(trace: boolean, field: string | null, random: RandomIds) {
    this.#random = random;
    this.#trace = trace;
    this.#field = field;
    // CGI, WSGI and Rack make one variable of both spellings, so an instance could take X_Request_ID for the id.
    const ofRequestId = field === null ? [] : [field.replaceAll('-', '[^0-9A-Za-z\\r\\n:]')];
    const names = [...(trace ? [PARENT, STATE] : []), ...ofRequestId];
    this.#lines = new RegExp(`\\r\\n(${names.join('|')}):[ \\t]*([^\\r]*)(?=\\r\\n)`, 'gi');
  }

  /** @returns null where the app asks for none */
  static of({ trace, requestIdField }: SlotSnapshot, random: RandomIds): RequestIds | null {
    return trace || requestIdField !== null ? new RequestIds(trace, requestIdField, random) : null;
  }

  /**
   * @param block start line and fields of a request
   * @param ids are set
   * @returns the block to forward
   */
  identify(block: string, ids: IdsOfRequest): string {
    const found = [...block.matchAll(this.#lines)].map(([, name = '', value = '']) => ({
      name: name.toLowerCase(),
      value: value.trimEnd(),
    }));
    const traced = this.#trace ? this.#withTrace(block, found, ids) : block;
    return this.#field === null ? traced : this.#withRequestId(traced, found, ids, this.#field);
  }

  #withTrace(block: string, found: readonly FoundField[], ids: IdsOfRequest): string {
    const parents = found.filter(({ name }) => name === PARENT);
    const [, traceId] = parents.length === 1 ? (VALID_PARENT.exec(parents[0]?.value ?? '') ?? []) : [];
    if (traceId !== undefined) {
      ids.traceId = traceId;
      return block;
    }
    ids.traceId = this.#random.hex(16);
    // W3C Trace Context 3.3: the state is of the trace that ends here.
    const others = this.#without(block, (name) => name === PARENT || name === STATE);
    return `${others}${PARENT}: 00-${ids.traceId}-${this.#random.hex(8)}-${SAMPLED}\r\n`;
  }

  #withRequestId(block: string, found: readonly FoundField[], ids: IdsOfRequest, field: string): string {
    const own = field.toLowerCase();
    const candidates = found.filter(({ name }) => name !== PARENT && name !== STATE);
    const [first] = candidates;
    if (candidates.length === 1 && first?.name === own && VALID_REQUEST_ID.test(first.value)) {
      ids.requestId = first.value;
      return block;
    }
    ids.requestId = this.#random.uuid();
    return `${this.#without(block, (name) => name !== PARENT && name !== STATE)}${field}: ${ids.requestId}\r\n`;
  }

  #without(block: string, isRemoved: (name: string) => boolean): string {
    return block.replace(this.#lines, (line, name: string) => (isRemoved(name.toLowerCase()) ? '' : line));
  }
}
