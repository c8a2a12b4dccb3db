/** What state an app or an instance is in, in one word and one tone. Pure. */
import type { AppView, InstanceView } from '../page/page-document.js';

/** Each tone has a shape of its own: colour alone says nothing. */
export type Tone = 'good' | 'warn' | 'bad' | 'off' | 'idle';

export interface Standing {
  readonly tone: Tone;
  readonly word: string;
  /** More than the word, where there is more to say. */
  readonly why: string | null;
}

const TROUBLE: readonly Tone[] = ['bad', 'warn', 'off', 'idle', 'good'];

export function appStanding(app: AppView): Standing {
  const { bindError, traffic, trafficWhy, instances } = app;
  if (bindError !== null) return { tone: 'bad', word: 'Not bound', why: bindError };
  if (traffic === null) return { tone: 'idle', word: 'Pending', why: 'it will be in force in a moment' };
  if (traffic === 'nobody') return { tone: 'bad', word: 'No service', why: trafficWhy };
  if (traffic === 'neighbors') return { tone: 'warn', word: 'Bleeding', why: trafficWhy };
  const taking = instances.filter(({ takesTraffic }) => takesTraffic).length;
  if (taking === instances.length) return { tone: 'good', word: 'Up', why: null };
  const out = instances.filter(({ takesTraffic }) => !takesTraffic);
  const isWanted = out.every(({ state }) => state !== 'ready');
  return { tone: isWanted ? 'off' : 'warn', word: isWanted ? 'Partly off' : 'Degraded', why: outWords(out) };
}

export function instanceStanding({ state, health, takesTraffic, reason }: InstanceView): Standing {
  if (state === 'maint') return { tone: 'off', word: 'Maint', why: reason };
  if (state === 'drain') return { tone: 'off', word: 'Drain', why: reason };
  if (health === 'down') return { tone: 'bad', word: 'Down', why: reason };
  if (health === 'unchecked')
    return { tone: takesTraffic ? 'good' : 'idle', word: takesTraffic ? 'No check' : 'Checking', why: reason };
  if (!takesTraffic) return { tone: 'idle', word: 'Idle', why: reason };
  return { tone: reason === null ? 'good' : 'warn', word: 'Up', why: reason };
}

/** Less is worse. */
export function troubleRank({ tone }: Standing): number {
  return TROUBLE.indexOf(tone);
}

function outWords(out: readonly InstanceView[]): string {
  const [first, ...rest] = out;
  if (first === undefined) return '';
  const more = rest.length === 0 ? '' : `, and ${rest.length} more out`;
  return `${first.id}: ${first.reason ?? 'takes no traffic'}${more}`;
}
