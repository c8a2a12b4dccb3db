import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { freePort, ownAddress } from '../addresses.js';
import { atEnd, type Ending, temporaryFolder } from '../at-end.js';
import type { OwnMachine } from '../machine/own-machine.js';
import { LaunchedNode } from './launched-node.js';
import { writeAtomically } from './services-directory.js';

export interface NodePlace {
  readonly root: string;
  readonly host: string;
  readonly slot: number;
  readonly admin: string;
}

/** Where a node can be: an address and folders of its own, that outlive the node. */
export async function findPlace(context: Ending): Promise<NodePlace> {
  const root = temporaryFolder(context, 'node');
  const host = ownAddress();
  return { root, host, slot: await freePort(host), admin: `${host}:${await freePort(host)}` };
}

/** Starts `autoproxy node` as a person does, on addresses of its own; resolves when all of its workers serve. */
export async function startNode(
  context: Ending,
  services: (host: string, slot: number) => Readonly<Record<string, string>>,
  flags: Readonly<Record<string, string>> = {},
  prefix: readonly string[] = [],
): Promise<RunningNode> {
  const place = await findPlace(context);
  await writeServices(place, services(place.host, place.slot));
  return startNodeAt(context, place, flags, prefix);
}

/** As `startNode`, on a machine of its own, beside an engine and its containers; its slot and admin API answer here too. */
export async function startNodeOn(
  context: Ending,
  machine: OwnMachine,
  services: (host: string, slot: number) => Readonly<Record<string, string>> = () => ({}),
  flags: Readonly<Record<string, string>> = {},
): Promise<RunningNode> {
  const place = await findPlace(context);
  await writeServices(place, services(place.host, place.slot));
  for (const port of [place.slot, place.slot + 1, Number(place.admin.split(':').at(-1))]) {
    await machine.open(place.host, port);
  }
  return startNodeAt(context, place, flags, machine.network);
}

async function writeServices(place: NodePlace, files: Readonly<Record<string, string>>): Promise<void> {
  await mkdir(path.join(place.root, 'services'));
  for (const [name, text] of Object.entries(files))
    await writeAtomically(path.join(place.root, 'services', name), text);
}

/** As `startNode`, at a place where something may be already, or nothing. */
export async function startNodeAt(
  context: Ending,
  place: NodePlace,
  flags: Readonly<Record<string, string>> = {},
  prefix: readonly string[] = [],
): Promise<RunningNode> {
  const node = launchNodeAt(context, place, flags, prefix);
  await node.logged('ready');
  // It is ready with its first worker; tests that give it several mean all of them.
  const count = Number(flags['--workers'] ?? 1);
  if (count > 1)
    await node.untilState(({ workers }) => workers.filter(({ state }) => state === 'serving').length >= count);
  return node;
}

/** As `startNodeAt`, without waiting for anything: the node may never be ready. */
export function launchNodeAt(
  context: Ending,
  place: NodePlace,
  flags: Readonly<Record<string, string>> = {},
  prefix: readonly string[] = [],
): RunningNode {
  return new RunningNode(context, place, flags, prefix);
}

/** Killed with its test; its workers end when they notice. */
export class RunningNode extends LaunchedNode {
  readonly place: NodePlace;
  readonly host: string;
  /** Free, and so is the next one. */
  readonly slot: number;
  readonly servicesDir: string;
  readonly stateDir: string;
  readonly #again: () => Promise<RunningNode>;

  constructor(context: Ending, place: NodePlace, flags: Readonly<Record<string, string>>, prefix: readonly string[]) {
    const { root, host, slot, admin } = place;
    const servicesDir = path.join(root, 'services');
    const stateDir = path.join(root, 'state');
    super({
      flags: {
        '--services-dir': servicesDir,
        '--state-dir': stateDir,
        '--bind': host,
        '--admin': admin,
        '--workers': '1',
        '--node': 'test-node',
        '--lame-duck': '0s',
        '--drain-timeout': '2s',
        // A test that kills a node wants no workers that outlive it, unless it says so.
        '--orphan-grace': '0s',
        ...flags,
      },
      prefix,
      env: { PATH: process.env.PATH },
    });
    atEnd(context, () => this.end());
    this.place = place;
    this.host = host;
    this.slot = slot;
    this.servicesDir = servicesDir;
    this.stateDir = stateDir;
    this.#again = () => startNodeAt(context, place, flags, prefix);
  }

  /** Writes a file of the services directory, at once whole. */
  write(name: string, text: string): Promise<void> {
    return writeAtomically(path.join(this.servicesDir, name), text);
  }

  /** Starts another node, with the same address, files and state, after this one has ended. */
  again(): Promise<RunningNode> {
    return this.#again();
  }
}
