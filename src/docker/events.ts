/** Events of the engine: which are asked for, and what is read of each. */
import * as v from 'valibot';
import { healthFrom } from './answers.js';
import type { ContainerHealth } from './container.js';

/** What happened to a container, in the engine's own words. */
export type EngineEvent =
  | (Happened & { readonly action: 'start' | 'stop' | 'destroy' | 'pause' | 'unpause' | 'oom' })
  /** `signal`: the number that was really sent; NaN where the engine gives none. */
  | (Happened & { readonly action: 'kill'; readonly signal: number })
  | (Happened & { readonly action: 'die'; readonly exitCode: string })
  | (Happened & { readonly action: 'rename'; readonly name: string })
  | (Happened & { readonly action: 'health_status'; readonly health: ContainerHealth })
  | (Happened & { readonly action: 'connect' | 'disconnect'; readonly network: string });

interface Happened {
  /** Of the container. */
  readonly id: string;
  /** By the clock of the engine: ms since 1970, with a fraction. */
  readonly atMs: number;
}

const CONTAINER_ACTIONS = [
  'start',
  'kill',
  'die',
  'stop',
  'destroy',
  'pause',
  'unpause',
  'oom',
  'rename',
  'health_status',
];
const NETWORK_ACTIONS = ['connect', 'disconnect'];

/**
 * The filter of the stream, as JSON. Without it 200 containers with a HEALTHCHECK each second send 600 exec_* events a
 * second. `health_status` takes its variants with it (`health_status: healthy`).
 */
export const EVENT_FILTERS = JSON.stringify({
  type: ['container', 'network'],
  event: [...CONTAINER_ACTIONS, ...NETWORK_ACTIONS],
});

const message = v.object({
  Type: v.string(),
  Action: v.string(),
  Actor: v.object({
    ID: v.string(),
    // All labels of the container stand here too, and a label may have any name.
    Attributes: v.nullish(
      v.object({
        name: v.optional(v.string()),
        signal: v.optional(v.string()),
        exitCode: v.optional(v.string()),
        container: v.optional(v.string()),
      }),
    ),
  }),
  time: v.optional(v.number()),
  timeNano: v.optional(v.number()),
});

/** @returns null for what is another event, or none. @throws SyntaxError for what is not JSON */
export function eventFromLine(line: string): EngineEvent | null {
  const result = v.safeParse(message, JSON.parse(line));
  if (!result.success) return null;
  const { Type, Action, Actor, time = 0, timeNano = time * 1e9 } = result.output;
  const { name = '', signal = '', exitCode = '', container = '' } = Actor.Attributes ?? {};
  const atMs = timeNano / 1e6;
  if (Type === 'network') {
    const isKnown = (Action === 'connect' || Action === 'disconnect') && container !== '';
    return isKnown ? { id: container, atMs, action: Action, network: name } : null;
  }
  if (Type !== 'container') return null;
  const happened = { id: Actor.ID, atMs };
  const [, action = Action, detail = ''] = /^(\w+): ?(.*)$/.exec(Action) ?? [];
  switch (action) {
    case 'start':
    case 'stop':
    case 'destroy':
    case 'pause':
    case 'unpause':
    case 'oom':
      return { ...happened, action };
    case 'kill':
      return { ...happened, action, signal: /^\d+$/.test(signal) ? Number(signal) : Number.NaN };
    case 'die':
      return { ...happened, action, exitCode };
    case 'rename':
      return { ...happened, action, name: name.replace(/^\//, '') };
    case 'health_status':
      return { ...happened, action, health: healthFrom(detail) };
    default:
      return null;
  }
}
