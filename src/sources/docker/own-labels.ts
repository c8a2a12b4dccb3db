/** Which labels of a container are for a node, and which only look as if they were. Pure. */
import type { Refusal } from '../../core/refusal.js';
import type { Container } from '../../docker/container.js';
import { APP_LABEL_NAMES, LABEL_PREFIX } from '../../documents/label-document.js';

/** Labels about the container itself, each behind `autoproxy.`; all others define its app. */
export const CONTAINER_LABELS = {
  app: 'the app that the container serves',
  port: 'its port; without it the one that it exposes, else `native_port` of the app',
  weight: 'share of the traffic, 0 to 256; 0 takes nothing new',
  state: '`ready`, `drain` or `maint`',
  network: 'by which of its networks it is reached; without it `bridge`, else the only one',
  address:
    'its IP address, for a network that the engine does not show; on the network of the host 127.0.0.1 without it',
  tags: 'tags of its service, where the node registers it',
} as const;

export type ContainerLabel = keyof typeof CONTAINER_LABELS;

/** Of labels: a container has a few; one that has thousands means something else with them. */
const MAX_LABELS = 200;
const LABEL_START = /^autoproxy[-_:/]/i;

interface OwnLabels {
  /** About the container itself, without the prefix, as they are written. */
  readonly words: ReadonlyMap<ContainerLabel, string>;
  /** All others that begin with `autoproxy.` in any letters, with it: they define its app. */
  readonly defining: ReadonlyMap<string, string>;
  /** Labels that are not read, and what to write instead. */
  readonly unread: readonly Refusal[];
}

export function ownLabelsOf({ labels }: Pick<Container, 'labels'>): OwnLabels {
  const words = new Map<ContainerLabel, string>();
  const defining = new Map<string, string>();
  const unread: Refusal[] = [];
  const own = [...labels].filter(([label]) => label.toLowerCase().startsWith(LABEL_PREFIX));
  if (own.length > MAX_LABELS) {
    const message = `it has ${own.length} labels that begin with ${LABEL_PREFIX}, and ${MAX_LABELS} are read`;
    unread.push({ message, hint: 'take those away that are in no table' });
  }
  // Those that mean something first: of too many none of them may be left out.
  const inOrder = [
    ...own.filter(([label]) => isKnown(nameOf(label))),
    ...own.filter(([label]) => !isKnown(nameOf(label))),
  ];
  for (const [label, written] of inOrder.slice(0, MAX_LABELS)) {
    const plain = label.toLowerCase();
    const name = nameOf(label);
    if (!isContainerLabel(name)) defining.set(label, written);
    else if (label === plain) words.set(name, written);
    else unread.push({ message: `${label} has capital letters and is not read`, hint: `write ${plain}` });
  }
  for (const label of labels.keys()) {
    if (!LABEL_START.test(label)) continue;
    const name = nameOf(label);
    if (isKnown(name)) unread.push({ message: `${label} is not read`, hint: `write ${LABEL_PREFIX}${name}` });
  }
  return { words, defining, unread };
}

/** Behind the prefix, in small letters: a word in capital letters is meant as that word. */
export function nameOf(label: string): string {
  return label.slice(LABEL_PREFIX.length).toLowerCase();
}

function isKnown(name: string): boolean {
  return isContainerLabel(name) || APP_LABEL_NAMES.includes(name);
}

function isContainerLabel(name: string): name is ContainerLabel {
  return Object.hasOwn(CONTAINER_LABELS, name);
}
