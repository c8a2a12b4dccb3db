/** Weight and state that a service of Consul carries in its meta or its tags. Pure. */
import type { ServiceEntry } from '../../consul/answers.js';
import {
  stateFromText,
  type UnreadWord,
  unreadState,
  unreadWeight,
  weightFromText,
} from '../../documents/instance-words.js';
import type { AdminState } from '../../model/app.js';
import { escapeText } from '../../model/problem.js';

export interface ServiceWords {
  /** null: nothing is written, and Consul's own `Weights` count. */
  readonly weight: number | null;
  readonly state: AdminState;
  /** What cannot be read. The word counts as it last could be read; else as if it were not written. */
  readonly unread: readonly UnreadWord[];
}

/** What counts while a word cannot be read. */
export type LastGoodWords = Pick<ServiceWords, 'weight' | 'state'>;

/** @param last of the same service; null: nothing is known of it */
export function wordsFromService(service: ServiceEntry, last: LastGoodWords | null): ServiceWords {
  const weights = wordsNamed(service, 'weight');
  const states = wordsNamed(service, 'state');
  const unread: UnreadWord[] = [];
  const weight = firstReadable(weights, weightFromText);
  const state = firstReadable(states, stateFromText);
  if (weight === null && weights[0] !== undefined) {
    const kept = last?.weight ?? null;
    unread.push(unreadWeight(quoted(weights[0]), kept === null ? "Consul's own weight" : lastGood(kept)));
  }
  if (state === null && states[0] !== undefined) {
    unread.push(unreadState(quoted(states[0]), last === null ? 'ready' : lastGood(last.state)));
  }
  return {
    weight: weight ?? (weights.length === 0 ? null : (last?.weight ?? null)),
    state: state ?? (states.length === 0 ? 'ready' : (last?.state ?? 'ready')),
    unread,
  };
}

function lastGood(value: number | AdminState): string {
  return `${value}, its last good one,`;
}

function quoted(written: string): string {
  return `"${escapeText(written.slice(0, 40))}"`;
}

/** `autoproxy-weight` in the meta goes before a tag `autoproxy.weight=50`; the same for `state`. */
function wordsNamed({ meta, tags }: ServiceEntry, word: 'weight' | 'state'): readonly string[] {
  const start = `autoproxy.${word}=`;
  const ofMeta = meta[`autoproxy-${word}`];
  const ofTags = tags.filter((tag) => tag.startsWith(start)).map((tag) => tag.slice(start.length));
  return ofMeta === undefined ? ofTags : [ofMeta, ...ofTags];
}

function firstReadable<T>(written: readonly string[], read: (text: string) => T | null): T | null {
  for (const text of written) {
    const value = read(text);
    if (value !== null) return value;
  }
  return null;
}
