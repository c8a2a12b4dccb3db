/** What the labels of a container say to a node: where it serves which app, and the app itself. Pure. */
import { nearestName } from '../../core/nearest-name.js';
import { hostPort } from '../../core/networks.js';
import type { Refusal } from '../../core/refusal.js';
import type { Container } from '../../docker/container.js';
import { type ContainerPlaces, placesOf } from '../../docker/container-places.js';
import { serviceWord } from '../../docker/service-words.js';
import {
  stateFromText,
  type UnreadWord,
  unreadState,
  unreadWeight,
  weightFromText,
} from '../../documents/instance-words.js';
import { APP_LABEL_NAMES, appFromLabels, LABEL_PREFIX, SLOT_LABEL_NAMES } from '../../documents/label-document.js';
import { parseInstanceAddress } from '../../model/address.js';
import { type AdminState, APP_DEFAULTS, type App } from '../../model/app.js';
import { containerWords } from '../../model/container-words.js';
import { errorsFirst, escapeText, type Problem } from '../../model/problem.js';
import { CONTAINER_LABELS, type ContainerLabel, nameOf, ownLabelsOf } from './own-labels.js';

/** Nobody has it who does not mean to define an app: so a slip in the label of the slot is known as one. */
const PROTOCOL_LABEL = `${LABEL_PREFIX}protocol`;
/** The registrar takes it too, from a container of any app. */
const CHECK_LABEL = `${LABEL_PREFIX}health.path`;
const MAX_PROBLEMS = 10;

/** Where a container serves an app, as instances are written. */
interface Spot {
  readonly app: string;
  /** `ip:port`, or `ip:native_port`. */
  readonly id: string;
  readonly host: string;
  readonly port: number | null;
}

interface ContainerAnswer extends Pick<ContainerPlaces, 'names' | 'refusals'> {
  readonly spots: readonly Spot[];
  /** Its addresses, as instances spell them. */
  readonly hosts: readonly string[];
  /** Addresses that it had and has no more, while it runs. */
  readonly lostHosts: readonly string[];
  readonly weight: number;
  readonly state: AdminState;
  /** Its app as its labels define it, without instances; null: they define none, or it is in error. */
  readonly app: App | null;
  /** Name of the app that its labels mean to define, rightly or not; null: of none. */
  readonly wantedApp: string | null;
  readonly problems: readonly Problem[];
  /** What only a node that registers containers uses, and no other: the path of their check. */
  readonly unlessRegistering: readonly Problem[];
}

/** By the labels, which stay the same object for the life of a container. */
const answers = new WeakMap<Container['labels'], { readonly container: Container; readonly answer: ContainerAnswer }>();

/** A container is read once, and again when it is renamed or comes to another network: most events are about others. */
export function answerOf(container: Container): ContainerAnswer {
  const known = answers.get(container.labels);
  if (known !== undefined && hasSameWords(known.container, container)) return known.answer;
  const answer = readLabels(container);
  answers.set(container.labels, { container, answer });
  return answer;
}

function hasSameWords(one: Container, other: Container): boolean {
  const { env, ports, networks, lostAddresses, name, id, isHostNetwork } = one;
  if (lostAddresses !== other.lostAddresses) return false;
  if (env !== other.env || ports !== other.ports || networks !== other.networks) return false;
  return name === other.name && id === other.id && isHostNetwork === other.isHostNetwork;
}

function readLabels(container: Container): ContainerAnswer {
  const places = placesOf(container);
  const file = containerWords(container);
  const name = container.labels.get('autoproxy.app')?.trim() ?? '';
  const problems: Problem[] = [];
  const problemOf = ({ message, hint }: Refusal | UnreadWord): Problem => {
    return { severity: 'warning', app: places.names[0] ?? null, file, line: null, col: null, message, hint };
  };
  const note = (refusal: Refusal | UnreadWord): void => {
    problems.push(problemOf(refusal));
  };
  for (const refusal of places.refusals) note({ ...refusal, message: `${refusal.message}; it serves nothing` });
  for (const remark of places.remarks) note(remark);
  const { words, defining, unread } = ownLabelsOf(container);
  for (const refusal of unread) note(refusal);
  const weight = wordOf(words.get('weight'), weightFromText, APP_DEFAULTS.weight, unreadWeight, note);
  const state = wordOf(words.get('state'), stateFromText, APP_DEFAULTS.state, unreadState, note);
  for (const [label, written] of words) if (written.trim() === '') note(emptyWord(label, container, places));
  const hasSlot = [...defining.keys()].some((label) => SLOT_LABEL_NAMES.includes(nameOf(label)));
  const idle = hasSlot ? [] : [...defining.keys()];
  if (idle.includes(CHECK_LABEL) && defining.get(CHECK_LABEL)?.trim() === '') note(emptyLabel(CHECK_LABEL));
  for (const refusal of idleWords(idle.filter((label) => label !== CHECK_LABEL))) note(refusal);
  const unlessRegistering = idleWords(idle.filter((label) => label === CHECK_LABEL)).map(problemOf);
  if (hasSlot && name === '')
    note({ message: 'autoproxy.slot defines no app without autoproxy.app', hint: 'add that label' });
  const defined = hasSlot && name !== '' ? appFromLabels(name, defining, file, 'docker') : null;
  problems.push(...(defined?.problems ?? []));
  const { names, refusals } = places;
  const spots = places.places.flatMap(spotOf);
  const hosts = container.networks.flatMap(({ address }) => hostOf(address) ?? []);
  const lostHosts = container.lostAddresses.flatMap((address) => hostOf(address) ?? []);
  const wantedApp = name !== '' && (hasSlot || defining.has(PROTOCOL_LABEL)) ? name : null;
  const answer = {
    spots,
    hosts,
    lostHosts,
    names,
    refusals,
    weight,
    state,
    app: defined?.app ?? null,
    wantedApp,
    unlessRegistering,
  };
  return { ...answer, problems: bounded(errorsFirst(problems)) };
}

function spotOf({ name: app, address, port }: ContainerPlaces['places'][number]): readonly Spot[] {
  const host = hostOf(address);
  if (host === null) return [];
  return [{ app, id: hostPort(host, port ?? 'native_port'), host, port }];
}

function hostOf(address: string): string | null {
  const parsed = parseInstanceAddress(hostPort(address, 1));
  return 'id' in parsed ? parsed.host : null;
}

/** A label that a variable without a value leaves behind: it counts as absent, and people are told what that means. */
function emptyWord(label: ContainerLabel, container: Container, { places, names }: ContainerPlaces): Refusal {
  const [place] = places;
  const instead = {
    app: names.length === 0 ? 'it serves no app' : `it serves ${escapeText(names.slice(0, 3).join(', '))}`,
    port: place && (place.port === null ? 'native_port of the app is used' : `port ${place.port} is used`),
    weight: `its weight is ${APP_DEFAULTS.weight}`,
    state: `it is ${APP_DEFAULTS.state}`,
    network: place && `it is reached at ${place.address}`,
    address: place && `it is reached at ${place.address}`,
    tags: serviceWord(container, place?.port ?? 0, 'TAGS') === null ? 'it has no tags' : 'those of SERVICE_TAGS count',
  }[label];
  return emptyLabel(LABEL_PREFIX + label, instead);
}

function emptyLabel(label: string, instead?: string): Refusal {
  const message = `${label} is empty and counts as absent${instead === undefined ? '' : `: ${instead}`}`;
  return { message, hint: 'give it a value, or leave the label out' };
}

function wordOf<T extends string | number>(
  written: string | undefined,
  fromText: (text: string) => T | null,
  fallback: T,
  complaint: (written: string, counts: string) => UnreadWord,
  note: (refusal: UnreadWord) => void,
): T {
  if (written === undefined || written.trim() === '') return fallback;
  const value = fromText(written);
  if (value === null) note(complaint(`"${escapeText(written.slice(0, 40))}"`, `${fallback}, the default,`));
  return value ?? fallback;
}

/** Without a slot the labels define no app: settings would be without effect, and what is unknown is a typing error. */
function idleWords(labels: readonly string[]): readonly Refusal[] {
  const refusals: Refusal[] = [];
  const known = [...Object.keys(CONTAINER_LABELS), ...APP_LABEL_NAMES];
  const idle: string[] = [];
  for (const label of labels) {
    const name = nameOf(label);
    if (APP_LABEL_NAMES.includes(name)) {
      idle.push(label);
      continue;
    }
    const nearest = nearestName(name, known);
    const hint = nearest === null ? 'it has no effect; remove it' : `did you mean ${LABEL_PREFIX}${nearest}?`;
    refusals.push({ message: `unknown label ${escapeText(label.slice(0, 50))}`, hint });
  }
  if (idle.length === 0) return refusals;
  const hint = 'add autoproxy.slot, or write this where the app is defined';
  const message = `${shortList(idle)}: without autoproxy.slot the labels define no app, and this has no effect`;
  return [...refusals, { message, hint }];
}

function shortList(names: readonly string[]): string {
  return names.length <= 3 ? names.join(', ') : `${names.slice(0, 3).join(', ')} and ${names.length - 3} more`;
}

function bounded(problems: readonly Problem[]): readonly Problem[] {
  const [first] = problems;
  if (problems.length <= MAX_PROBLEMS || first === undefined) return problems;
  const message = `there are ${problems.length - MAX_PROBLEMS + 1} more problems in its labels`;
  const more: Problem = { ...first, severity: 'warning', message, hint: 'mend those above first' };
  return [...problems.slice(0, MAX_PROBLEMS - 1), more];
}
