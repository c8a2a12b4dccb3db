/** What changes between two answers of a source about containers. Pure. */
import type { Claim, Offer, OfferedInstance } from '../sources/source.js';

/** Offered instances by app and id; the same life, or another one. */
export function lostOffers(previous: readonly Offer[], next: readonly Offer[]): readonly Offer[] {
  const present = new Map(next.map(({ name, instances }) => [name, new Map(instances.map((one) => [one.id, one]))]));
  return previous.flatMap(({ name, instances }) => {
    const lost = instances.filter((one) => !isStill(one, present.get(name)?.get(one.id)));
    return lost.length === 0 ? [] : [{ name, instances: lost }];
  });
}

function isStill(before: OfferedInstance, now: OfferedInstance | undefined): boolean {
  if (now === undefined || now.life !== before.life) return false;
  const takesNew = ({ state, weight }: OfferedInstance): boolean => state === 'ready' && weight > 0;
  return takesNew(now) || !takesNew(before);
}

/** Whether an address has another life now, or its container leaves: that waits for nothing. */
export function hasLeft(previous: readonly Claim[], next: readonly Claim[]): boolean {
  const now = new Map(next.map((claim) => [claim.host, claim]));
  return previous.some(({ host, life, standing }) => {
    if (standing !== 'running') return false;
    const claim = now.get(host);
    return claim !== undefined && (claim.standing !== 'running' || claim.life !== life);
  });
}

/** With an entry for each name of before: an app that is offered nothing any more has lost instances, not its name. */
export function withEmptied(previous: readonly Offer[], next: readonly Offer[]): readonly Offer[] {
  const names = new Set(next.map(({ name }) => name));
  return [...next, ...previous.flatMap(({ name }) => (names.has(name) ? [] : [{ name, instances: [] }]))];
}
