/** Tells when registry, site or certificates may have changed. What changed is found out by reading all of it again. */
import { type FSWatcher, watch } from 'node:fs';
import path from 'node:path';
import { linesFromNodes } from '../../../edge/release/pod-nodes.js';
import { type Site, wantsConsulNodes } from '../../../edge/site/site.js';
import { BlockingQuery } from '../../consul/blocking-query.js';
import { type Read, readKeys, readServiceNodes } from '../../consul/reads.js';
import { APPS_PREFIX, type ConsulSettings, NODE_SERVICE } from '../../consul/settings.js';
import { systemClock, type Timer } from '../../core/clock.js';
import type { Log } from '../../core/log.js';
import type { CommandContext } from '../command-context.js';
import { readConsulSettings } from '../registry-options.js';
import { nodeSettings, nodesByPod } from './consul-nodes.js';
import type { EdgeOptionValues } from './rendering.js';

/** For what no watcher tells: a file system of another machine, a folder that was not there. */
const LOOK_AGAIN_MS = 30_000;

export class EdgeWatch {
  #onChange: () => void = () => {};
  /** null: the folder is not there, or went; it is looked at again by and by. */
  readonly #folders = new Map<string, FSWatcher | null>();
  readonly #apps: BlockingQuery<unknown> | null;
  readonly #createNodesQuery: () => BlockingQuery<unknown>;
  /** null: the site has its servers from elsewhere. */
  #nodes: BlockingQuery<unknown> | null = null;
  #timer: Timer | null = null;

  constructor(options: EdgeOptionValues, { env }: CommandContext, log: Log) {
    const directory = registryFolder(options, env);
    const settings = directory === null ? readConsulSettings(options.consul, env) : null;
    this.#apps =
      settings === null
        ? null
        : this.#createQuery(settings, readKeys(APPS_PREFIX), (keys) => JSON.stringify(keys), log);
    this.#createNodesQuery = () =>
      this.#createQuery(
        nodeSettings(options.consul, env),
        readServiceNodes(NODE_SERVICE),
        (nodes) => linesFromNodes(nodesByPod(nodes)).join('\n'),
        log,
      );
    if (directory !== null) this.#watchFolder(directory);
    this.#watchFolder(path.dirname(path.resolve(options.site)));
  }

  /** @param onChange something may have changed */
  start(onChange: () => void): void {
    this.#onChange = onChange;
    this.#apps?.start();
    this.#lookAgain();
  }

  /** What the site names now: certificates, and perhaps the nodes in Consul. */
  follow(site: Site): void {
    if (!wantsConsulNodes(site)) {
      void this.#nodes?.stop();
      this.#nodes = null;
    } else if (this.#nodes === null) {
      this.#nodes = this.#createNodesQuery();
      this.#nodes.start();
    }
    for (const { files } of site.domains) for (const file of files) this.#watchFolder(path.dirname(file));
    for (const file of site.errorPages.values()) this.#watchFolder(path.dirname(file));
  }

  async stop(): Promise<void> {
    this.#timer?.cancel();
    for (const watcher of this.#folders.values()) watcher?.close();
    await Promise.all([this.#apps?.stop(), this.#nodes?.stop()]);
  }

  /** @param textOf of an answer: another text is news */
  #createQuery<T>(settings: ConsulSettings, read: Read<T>, textOf: (value: T) => string, log: Log): BlockingQuery<T> {
    let last = '';
    let said = '';
    return new BlockingQuery(
      { settings, clock: systemClock, random: Math.random, read },
      {
        onAnswer: ({ value }) => {
          if (said !== '') log.info('Consul answers again');
          said = '';
          const text = textOf(value);
          const isNews = text !== last;
          last = text;
          if (isNews) this.#onChange();
          return isNews;
        },
        onBackwards: () => {},
        onFailure: ({ kind, message }) => {
          if (kind !== said)
            log.warn({ reason: message }, 'watching Consul failed; the last good release stays in service');
          said = kind;
        },
      },
    );
  }

  #watchFolder(folder: string): void {
    if (this.#folders.get(folder)) return;
    this.#folders.set(folder, null);
    try {
      const watcher = watch(folder, () => this.#onChange());
      this.#folders.set(folder, watcher);
      watcher.on('error', () => {
        watcher.close();
        this.#folders.set(folder, null);
      });
    } catch {
      // Not there yet.
    }
  }

  #lookAgain(): void {
    this.#timer = systemClock.setTimer(LOOK_AGAIN_MS, () => {
      for (const folder of this.#folders.keys()) this.#watchFolder(folder);
      this.#onChange();
      this.#lookAgain();
    });
  }
}

function registryFolder({ registry, consul }: EdgeOptionValues, env: NodeJS.ProcessEnv): string | null {
  const named = registry ?? (consul === undefined ? env.AUTOPROXY_REGISTRY : undefined);
  return named === undefined || named === '' ? null : path.resolve(named);
}
