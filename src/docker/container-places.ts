/** Where a container is reached, and under which names: what its labels and variables say. Pure. */
import { parseAddress } from '../core/networks.js';
import { isRefusal, type Refusal } from '../core/refusal.js';
import { SHORT_ID_DIGITS } from '../model/container-words.js';
import { escapeText } from '../model/problem.js';
import type { Container } from './container.js';
import { serviceWord, serviceWordOfPort } from './service-words.js';

/** One port of a container under one name. */
export interface ContainerPlace {
  readonly name: string;
  readonly address: string;
  /** null: it exposes none or several, and names none; whoever knows the app may know its port. */
  readonly port: number | null;
}

export interface ContainerPlaces {
  readonly places: readonly ContainerPlace[];
  /** All names that its words mention, also of what is refused. */
  readonly names: readonly string[];
  /** Why it is not reached as its words ask. */
  readonly refusals: readonly Refusal[];
  /** What looks like a mistake and is done all the same. */
  readonly remarks: readonly Refusal[];
}

type NamedPort = Pick<ContainerPlace, 'name' | 'port'>;

/** Of a container in the network of its host. */
const HOST_ADDRESS = '127.0.0.1';
const MAX_NAME_CHARACTERS = 128;

/** A container whose words name nothing asks for nothing. */
export function placesOf(container: Container): ContainerPlaces {
  const found = namedPortsOf(container);
  const ports = found.filter((one): one is NamedPort => !isRefusal(one));
  const refusals = found.filter(isRefusal);
  const names = [...new Set([...ports.map(({ name }) => name), ...generalNamesOf(container)])];
  if (ports.length === 0) return { places: [], names, refusals, remarks: [] };
  const address = addressOf(container);
  if (typeof address !== 'string') return { places: [], names, refusals: [...refusals, address], remarks: [] };
  const places = ports.map(({ name, port }) => ({ name, address, port }));
  return { places, names, refusals, remarks: ports.flatMap((port) => remarksOn(port, container)) };
}

function generalNamesOf(container: Container): readonly string[] {
  const app = appLabelOf(container);
  if (app !== '') return [app];
  const isIgnored = serviceWord(container, 0, 'IGNORE') !== null;
  return isIgnored ? [] : [serviceWord(container, 0, 'NAME') ?? ''].filter((name) => name !== '');
}

function appLabelOf({ labels }: Container): string {
  return labels.get('autoproxy.app')?.trim() ?? '';
}

function namedPortsOf(container: Container): readonly (NamedPort | Refusal)[] {
  const app = appLabelOf(container);
  const ofWords = container.ports.flatMap((port) => nameOfPort(container, port, app === ''));
  if (app !== '') {
    const port = portOfApp(container);
    if (isRefusal(port)) return [port];
    return [named(app, port.port), ...ofWords.filter((one) => isRefusal(one) || one.port !== port.port)];
  }
  const general = serviceWord(container, 0, 'NAME');
  if (general !== null && container.ports.length === 0 && serviceWord(container, 0, 'IGNORE') === null) {
    const message = `SERVICE_NAME says ${quoted(general)}, and the container exposes no port`;
    return [{ message, hint: 'add EXPOSE to its image, or the labels autoproxy.app and autoproxy.port' }];
  }
  return ofWords;
}

/** @param isAlone no label names an app: then the general name counts too */
function nameOfPort(container: Container, port: number, isAlone: boolean): readonly (NamedPort | Refusal)[] {
  if (serviceWord(container, port, 'IGNORE') !== null) return [];
  const own = serviceWordOfPort(container, port, 'NAME');
  if (own !== null) return [named(own, port)];
  const general = isAlone ? serviceWord(container, port, 'NAME') : null;
  if (general === null) return [];
  // As registrator names the ports of a container that has several.
  return [named(container.ports.length > 1 ? `${general}-${port}` : general, port)];
}

function named(name: string, port: number | null): NamedPort | Refusal {
  // Names end up in logs and in DNS.
  if (name.length <= MAX_NAME_CHARACTERS && !/[\s\p{Cc}]/u.test(name)) return { name, port };
  const message = `${quoted(name)} is not a name of an app`;
  return { message, hint: `write a name without blanks, at most ${MAX_NAME_CHARACTERS} characters` };
}

function portOfApp({ labels, ports }: Container): { readonly port: number | null } | Refusal {
  const written = labels.get('autoproxy.port')?.trim() ?? '';
  if (written === '') return { port: ports.length === 1 ? (ports[0] ?? null) : null };
  const port = /^[1-9]\d{0,4}$/.test(written) ? Number(written) : 0;
  if (port >= 1 && port <= 65_535) return { port };
  return { message: `autoproxy.port: ${quoted(written)} is not a port`, hint: 'write a number from 1 to 65535' };
}

/** An image that exposes nothing says nothing of its ports. */
function remarksOn({ name, port }: NamedPort, { ports, isHostNetwork }: Container): readonly Refusal[] {
  if (port === null || isHostNetwork || ports.length === 0 || ports.includes(port)) return [];
  const message = `autoproxy.port: the container does not expose port ${port}; it is used all the same for ${name}`;
  return [{ message, hint: `it exposes ${ports.slice(0, 10).join(', ')}` }];
}

function addressOf({ labels, networks, isHostNetwork, networkOf }: Container): string | Refusal {
  const written = labels.get('autoproxy.address')?.trim() ?? '';
  if (written !== '') {
    if (parseAddress(written) !== null) return written;
    return {
      message: `autoproxy.address: ${quoted(written)} is not an IP address`,
      hint: 'write one, or leave it out',
    };
  }
  if (isHostNetwork) return HOST_ADDRESS;
  if (networkOf !== null) {
    const other = /^[0-9a-f]{64}$/.test(networkOf)
      ? networkOf.slice(0, SHORT_ID_DIGITS)
      : escapeText(networkOf.slice(0, 60));
    const message = `it shares the network of container ${other} and has no address of its own`;
    return { message, hint: 'give its labels to that container: it has the address' };
  }
  const names = networks
    .slice(0, 10)
    .map(({ name }) => escapeText(name))
    .join(', ');
  const chosen = labels.get('autoproxy.network')?.trim() ?? '';
  const network =
    chosen === ''
      ? (networks.find(({ name }) => name === 'bridge') ?? (networks.length === 1 ? networks[0] : undefined))
      : networks.find(({ name }) => name === chosen);
  if (network !== undefined) return network.address;
  if (chosen !== '') {
    const message = `autoproxy.network: it is not on the network ${quoted(chosen)}`;
    return { message, hint: names === '' ? 'it is on no network' : `it is on ${names}` };
  }
  if (networks.length === 0) return { message: 'it is on no network', hint: 'connect it to one' };
  return { message: `it is on several networks: ${names}`, hint: 'add the label autoproxy.network' };
}

function quoted(text: string): string {
  return `"${escapeText(text.slice(0, 60))}"`;
}
