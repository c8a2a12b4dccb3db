/** An event as a line of the history file, and back. Pure. */
import type { NodeEvent } from '../admin/events-document.js';
import type { AppEventKind } from '../admin/why-document.js';

export function lineOfEvent(event: NodeEvent): string {
  return `${JSON.stringify(event)}\n`;
}

/** @returns null for what is not an event; one of a kind that a newer release writes is an event */
function eventFromLine(line: string): NodeEvent | null {
  const read = fieldReader(line);
  const [id, app] = [read('id'), read('app')];
  const [at, kind, text] = [textOf(read('at')), textOf(read('kind')), textOf(read('text'))];
  if (typeof id !== 'number' || !Number.isSafeInteger(id) || id < 1) return null;
  if (at === null || Number.isNaN(Date.parse(at)) || kind === null || text === null) return null;
  if (app !== null && typeof app !== 'string') return null;
  const instance = textOf(read('instance'));
  const source = textOf(read('source'));
  const by = textOf(read('by'));
  const before = textOf(read('before'));
  const after = textOf(read('after'));
  return {
    ...{ id, at, app, kind: kind as AppEventKind, text },
    ...(instance === null ? {} : { instance }),
    ...(source === null ? {} : { source }),
    ...(by === null ? {} : { by }),
    ...(before === null ? {} : { before }),
    ...(after === null ? {} : { after }),
  };
}

interface ReadHistory {
  /** By id, each once. */
  readonly events: readonly NodeEvent[];
  /** Number of the first line that is not an event, and is not the last one: that can be torn by a power cut. */
  readonly badLine: number | null;
  /** All of it is lines of events. */
  readonly isWhole: boolean;
}

export function historyFromText(text: string): ReadHistory {
  const events = new Map<number, NodeEvent>();
  const lines = text.split('\n');
  const torn = lines.pop();
  let badLine: number | null = null;
  for (const [index, line] of lines.entries()) {
    const event = eventFromLine(line);
    if (event === null) badLine ??= index + 1;
    else events.set(event.id, event);
  }
  return {
    events: [...events.values()].sort((a, b) => a.id - b.id),
    badLine,
    isWhole: badLine === null && torn === '',
  };
}

/** @returns undefined for each field of what is not an object */
function fieldReader(line: string): (name: string) => unknown {
  const value = parsedLine(line);
  if (typeof value !== 'object' || value === null) return () => undefined;
  return (name) => Object.getOwnPropertyDescriptor(value, name)?.value;
}

function parsedLine(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return null;
  }
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}
