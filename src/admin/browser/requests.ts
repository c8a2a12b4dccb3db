/** What the page asks of its node beside the stream. */
import type { FigureHistory, PastDocument } from '../page/page-document.js';
import type { WhyDocument } from '../why-document.js';

export interface Change {
  readonly app: string;
  /** null: all instances of the app. */
  readonly instance: string | null;
  readonly state: 'ready' | 'drain' | 'maint';
}

const TOKEN = document.querySelector<HTMLMetaElement>('meta[name="autoproxy-token"]')?.content ?? '';

/** A page whose address holds a name and a password gives them to relative addresses, and `fetch` refuses those. */
function ask(path: string, options?: RequestInit): Promise<Response> {
  return fetch(location.origin + path, options);
}

/** @returns what the node says of it, for people. @throws Error with the words of the node */
export async function changeState({ app, instance, state }: Change, by: string): Promise<string> {
  const of = instance === null ? '' : `/instances/${encodeURIComponent(instance)}`;
  const response = await ask(`/apps/${encodeURIComponent(app)}${of}/${state}`, {
    method: 'POST',
    headers: {
      'X-Autoproxy': '1',
      'X-Autoproxy-Token': TOKEN,
      // A field holds no letters beyond ASCII.
      ...(by === '' ? {} : { 'X-Autoproxy-By': by.replace(/[^ -~]/g, '?') }),
    },
  });
  const answer = await readAnswer<{ readonly saved: boolean; readonly reason?: string }>(response);
  const done = `${state} of ${instance ?? 'all instances'} of ${app} is in force`;
  return answer.saved ? done : `${done}, but a restart forgets it: ${answer.reason ?? 'it could not be saved'}`;
}

export async function acceptRemoval(source: string): Promise<string> {
  const response = await ask(`/sources/${encodeURIComponent(source)}/accept-removal`, {
    method: 'POST',
    headers: { 'X-Autoproxy': '1', 'X-Autoproxy-Token': TOKEN },
  });
  await readAnswer(response);
  return `the loss in source ${source} is accepted`;
}

/** @throws Error with the words of the node */
export async function readPast(at: number): Promise<PastDocument> {
  return readAnswer(await ask(`/page/past/${new Date(at).toISOString()}`));
}

export async function readHistory(app: string): Promise<FigureHistory> {
  return readAnswer(await ask(`/apps/${encodeURIComponent(app)}/history`));
}

export async function readWhy(app: string): Promise<WhyDocument> {
  return readAnswer(await ask(`/apps/${encodeURIComponent(app)}/why`, { headers: { Accept: 'application/json' } }));
}

async function readAnswer<T>(response: Response): Promise<T> {
  const document = (await response.json()) as T & { readonly error?: string; readonly hint?: string };
  if (response.ok) return document;
  const { error = `the node answers ${response.status}`, hint } = document;
  throw new Error(hint === undefined ? error : `${error} (${hint})`);
}
