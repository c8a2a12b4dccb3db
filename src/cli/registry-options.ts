/** What all commands of the registry share: where it is, which ports may be slots, and failures in words. */
import { readFileSync } from 'node:fs';
import { type Command, InvalidArgumentError } from 'commander';
import { ConfigError, hostInputs, loadOptions } from '../config/option-places.js';
import type { ConsulSettings } from '../consul/settings.js';
import { CONSUL_OPTIONS, consulSettingsFrom } from '../consul/settings-from-options.js';
import { systemClock } from '../core/clock.js';
import { formatDuration } from '../core/durations.js';
import { reasonOf } from '../core/thrown.js';
import { escapeText } from '../model/problem.js';
import type { Chances } from '../registry/allocate.js';
import { DirectoryRegistry } from '../registry/directory.js';
import type { PutRules } from '../registry/put-app.js';
import { type Registry, RegistryFailure } from '../registry/registry.js';
import { DEFAULT_SLOT_RULES, KERNEL_EPHEMERAL, type PortRange, type SlotRules } from '../registry/slot-rules.js';
import { authorFrom } from './author.js';
import type { CommandContext } from './command-context.js';
import { CommandFailure, EXIT_CODES } from './exit-codes.js';
import { durationArgument } from './option-types.js';

export interface RegistryOptionValues {
  readonly registry?: string;
  readonly consul?: string;
}

/** What was not said is looked for in the environment. */
export interface SlotOptionValues {
  readonly slotRange?: PortRange;
  readonly reserve?: readonly number[];
  readonly quarantine?: number;
}

export const systemChances: Chances = { random: Math.random, wallTime: () => systemClock.wallTime() };

export function addRegistryOptions(command: Command): Command {
  return command
    .option('--registry <DIR>', 'a directory as registry (env: AUTOPROXY_REGISTRY)')
    .option(
      '--consul <URL>',
      'Consul as registry (env: AUTOPROXY_CONSUL, CONSUL_HTTP_ADDR); token and TLS come from CONSUL_* variables',
    );
}

export function addSlotOptions(command: Command): Command {
  const { range, reserved, quarantineMs } = DEFAULT_SLOT_RULES;
  return command
    .option(
      '--slot-range <FROM-TO>',
      `the range for new slots (env: AUTOPROXY_SLOT_RANGE, default: ${range.from}-${range.to})`,
      rangeArgument,
    )
    .option(
      '--reserve <PORT,PORT>',
      `ports that are never slots or health ports, besides ${reserved.join()} (env: AUTOPROXY_RESERVED_PORTS)`,
      portsArgument,
    )
    .option(
      '--quarantine <TIME>',
      `how long a freed slot is kept from other apps (env: AUTOPROXY_QUARANTINE, default: ${formatDuration(quarantineMs)})`,
      durationArgument,
    );
}

/** How a command puts apps: in the name of the person who runs it, and each app keeps its slot. */
export function putRulesFrom(
  options: SlotOptionValues,
  context: CommandContext,
  changes: Partial<Pick<PutRules, 'act' | 'canMoveSlot' | 'keepsSlot'>> = {},
): PutRules {
  const shared = { rules: slotRulesFrom(options, context), chances: systemChances, author: authorFrom(context.env) };
  return { ...shared, act: 'put', canMoveSlot: false, keepsSlot: false, ...changes };
}

export function slotRulesFrom(
  { slotRange, reserve, quarantine }: SlotOptionValues,
  { env }: CommandContext,
): SlotRules {
  const defaults = DEFAULT_SLOT_RULES;
  const readOr = <T>(name: string, read: (text: string) => T, fallback: T): T => {
    const text = env[name];
    if (text === undefined || text === '') return fallback;
    try {
      return read(text);
    } catch (error) {
      throw new CommandFailure(`${name} is "${escapeText(text)}"`, reasonOf(error), EXIT_CODES.usage);
    }
  };
  return {
    range: slotRange ?? readOr('AUTOPROXY_SLOT_RANGE', rangeArgument, defaults.range),
    reserved: [...defaults.reserved, ...(reserve ?? readOr('AUTOPROXY_RESERVED_PORTS', portsArgument, []))],
    ephemeral: [KERNEL_EPHEMERAL, ...ownEphemeralRange()],
    quarantineMs: quarantine ?? readOr('AUTOPROXY_QUARANTINE', durationArgument, defaults.quarantineMs),
  };
}

/** Runs a command's work over the registry that was named, and closes it. */
export async function withRegistry<T>(
  { registry, consul }: RegistryOptionValues,
  { env }: CommandContext,
  work: (registry: Registry) => Promise<T>,
): Promise<T> {
  if (registry !== undefined && consul !== undefined)
    throw new CommandFailure('two registries were named', 'give --registry or --consul', EXIT_CODES.usage);
  const opened = await openRegistry(registry, consul, env);
  try {
    return await work(opened);
  } catch (error) {
    if (error instanceof RegistryFailure) throw new CommandFailure(error.message, error.hint);
    throw error;
  } finally {
    opened.close();
  }
}

/** Flags go before the environment, and a directory that was named before the Consul that a machine has anyway. */
async function openRegistry(
  directory: string | undefined,
  url: string | undefined,
  env: NodeJS.ProcessEnv,
): Promise<Registry> {
  const named = directory ?? (url === undefined ? env.AUTOPROXY_REGISTRY : undefined);
  if (named !== undefined && named !== '') return new DirectoryRegistry(named);
  const settings = readConsulSettings(url, env);
  if (settings !== null) return await openConsulRegistry(settings);
  const hint = 'give --registry DIR or --consul URL, or set AUTOPROXY_REGISTRY or CONSUL_HTTP_ADDR';
  throw new CommandFailure('no registry was named', hint, EXIT_CODES.usage);
}

/** Loaded here: its client and what checks its answers took a third of the time of a command over a directory. */
async function openConsulRegistry(settings: ConsulSettings): Promise<Registry> {
  const { ConsulRegistry } = await import('../registry/consul.js');
  return new ConsulRegistry(settings);
}

/**
 * As a node is told: each of its options for Consul has its variables here too.
 * @param url goes before the variables
 * @returns null when no Consul was named
 * @throws CommandFailure
 */
export function readConsulSettings(url: string | undefined, env: NodeJS.ProcessEnv): ConsulSettings | null {
  try {
    return consulSettingsFrom(loadOptions(CONSUL_OPTIONS, hostInputs({ consul: url }, env)).values);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    throw new CommandFailure(error.message, null, EXIT_CODES.usage);
  }
}

/** Somebody may have widened it: what holds here most likely holds on the nodes. */
function ownEphemeralRange(): PortRange[] {
  try {
    const text = readFileSync('/proc/sys/net/ipv4/ip_local_port_range', 'utf8');
    const [from, to] = text.trim().split(/\s+/).map(Number);
    return from === undefined || to === undefined ? [] : [{ from, to }];
  } catch {
    return [];
  }
}

function rangeArgument(text: string): PortRange {
  const [, from, to] = /^(\d{1,5})-(\d{1,5})$/.exec(text) ?? [];
  const range = { from: Number(from), to: Number(to) };
  if (!(range.from >= 1_024 && range.to <= 65_535 && range.from < range.to))
    throw new InvalidArgumentError('write two ports from 1024 to 65535, such as 20000-29999.');
  return range;
}

function portsArgument(text: string): readonly number[] {
  return text.split(',').map(portArgument);
}

export function portArgument(text: string): number {
  const port = /^[1-9]\d{0,4}$/.test(text) ? Number(text) : 0;
  if (port < 1 || port > 65_534) throw new InvalidArgumentError('write a port from 1 to 65534.');
  return port;
}
