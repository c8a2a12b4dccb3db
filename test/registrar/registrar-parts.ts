/** A registrar at a real agent, with real instances in the place of containers. */
import type { TestContext } from 'node:test';
import type { ConsulSettings } from '../../src/consul/settings.js';
import { systemClock } from '../../src/core/clock.js';
import type { Container } from '../../src/docker/container.js';
import { Registrar } from '../../src/registrar/registrar.js';
import { consulSettings } from '../registry/registries.js';
import { atEnd } from '../support/at-end.js';
import type { ConsulAgent } from '../support/consul/consul.js';
import { createRecordingLog, type LogLine } from '../support/recording-log.js';
import { HttpInstance } from '../support/traffic/http-instance.js';
import { type ContainerPlan, containerOf } from './containers.js';

let containers = 0;
let lives = 0;

/** One that has run for a minute, and serves. */
export async function startContainer(context: TestContext, plan: ContainerPlan = {}): Promise<Container> {
  const { host, port } = await HttpInstance.start(context);
  containers += 1;
  return containerOf(containers, {
    ports: [port],
    networks: [{ name: 'bridge', address: host }],
    since: systemClock.now() - 60_000,
    env: { SERVICE_NAME: 'shop' },
    ...plan,
  });
}

export function ended(container: Container): Container {
  return { ...container, phase: 'ended', why: 'exit code 0', since: systemClock.now() };
}

interface StartedRegistrar {
  readonly registrar: Registrar;
  readonly lines: readonly LogLine[];
}

/** @param settings of another token than none */
export function startRegistrar(
  context: TestContext,
  agent: ConsulAgent,
  first: readonly Container[],
  {
    node = 'n1',
    settings = consulSettings(agent.url),
  }: { readonly node?: string; readonly settings?: ConsulSettings } = {},
): StartedRegistrar {
  const { log, lines } = createRecordingLog();
  lives += 1;
  const life = lives;
  const createId = (): string => `test-${life}`;
  const parts = { settings, node, consulNode: agent.node, createId, clock: systemClock, random: Math.random, log };
  const registrar = new Registrar(parts);
  atEnd(context, () => registrar.stop());
  registrar.setContainers(first);
  registrar.start(() => []);
  return { registrar, lines };
}

interface AgentService {
  readonly ID: string;
  readonly Service: string;
  readonly Address: string;
  readonly Meta: Readonly<Record<string, string>>;
}

/** Of containers; without claims and what the agent has of itself. */
export async function servicesOf(agent: ConsulAgent): Promise<readonly AgentService[]> {
  const services = Object.values(await agent.get<Readonly<Record<string, AgentService>>>('/v1/agent/services'));
  return services.filter(({ Service }) => Service !== 'autoproxy-registrar');
}

interface HealthEntry {
  readonly Service: { readonly ID: string; readonly Address: string; readonly ModifyIndex: number };
  readonly Checks: readonly { readonly CheckID: string; readonly Status: string; readonly Output: string }[];
}

/** As everybody else sees it, from the servers. */
export function healthOf(agent: ConsulAgent, service: string): Promise<readonly HealthEntry[]> {
  return agent.get(`/v1/health/service/${service}`);
}

/** Addresses of those that others may use, sorted; null while no server answers. */
export async function passingOf(agent: ConsulAgent, service: string): Promise<readonly string[] | null> {
  const { status, text } = await agent
    .request('GET', `/v1/health/service/${service}?passing=1`)
    .catch(() => ({ status: 0, text: '' }));
  if (status !== 200) return null;
  return (JSON.parse(text) as readonly HealthEntry[]).map(({ Service }) => Service.Address).sort();
}

export function addressesOf(...list: readonly Container[]): readonly string[] {
  return list.map(({ networks }) => networks[0]?.address ?? '').sort();
}

/** Looks all the time, and measures for how long a container was not to be had though a server answered. */
export class LossWatch {
  readonly #agent: ConsulAgent;
  readonly #service: string;
  readonly #address: string;
  #isOver = false;
  #isEnded = false;
  #lostAt: number | null = null;
  #longestMs = 0;
  readonly #loop: Promise<void>;

  constructor(context: TestContext, agent: ConsulAgent, service: string, container: Container) {
    this.#agent = agent;
    this.#service = service;
    this.#address = addressesOf(container)[0] ?? '';
    this.#loop = this.#run();
    atEnd(context, () => {
      this.#isEnded = true;
      return this.#loop;
    });
  }

  /** Once more after what the test waited for: the servers may hear of it later. @returns the longest loss, ms */
  async stop(): Promise<number> {
    this.#isOver = true;
    await this.#loop;
    return Math.round(this.#longestMs);
  }

  async #run(): Promise<void> {
    while (!this.#isEnded) {
      const isLast = this.#isOver;
      const passing = await passingOf(this.#agent, this.#service);
      const now = performance.now();
      if (passing?.includes(this.#address)) {
        if (this.#lostAt !== null) this.#longestMs = Math.max(this.#longestMs, now - this.#lostAt);
        this.#lostAt = null;
        if (isLast) return;
      } else if (passing !== null) this.#lostAt ??= now;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }
}
