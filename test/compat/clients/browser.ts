/** Chromium without a window, told what to do over its DevTools protocol. */
import { once } from 'node:events';
import { WebSocket } from 'ws';
import { atEnd, type Ending, temporaryFolder } from '../../support/at-end.js';
import { spawnBound } from '../../support/machine/bound-process.js';
import type { Observation } from '../observation.js';
import type { Page } from '../servers/pages.js';
import type { Target } from '../ways.js';
import type { Case, Client } from './client.js';
import { addResponses, type SeenResponse, withoutAddress } from './response-aspects.js';

/** Not the script of that name in /usr/bin, which would outlive it. */
const PROGRAM = '/usr/lib/chromium/chromium-headless-shell';
const PATIENCE_MS = 20_000;

/** Makes responses of fetch into Seen. */
const SEEN = `const seen = async (...responses) => JSON.stringify({
  responses: await Promise.all(responses.map(async (response) => ({
    status: response.status,
    fields: [...response.headers],
    body: new TextDecoder('latin1').decode(await response.arrayBuffer()),
  }))),
});`;

/** What runs in the server's own page `/`; it returns Seen as JSON. */
const CASES: readonly (readonly [name: string, page: Page, expression: string])[] = [
  ['document', '/', 'return JSON.stringify({ responses: [], text: document.body.innerText })'],
  ['fetch', '/echo', "return seen(await fetch('/echo'))"],
  ['HEAD', '/large', "return seen(await fetch('/large', { method: 'HEAD' }))"],
  ['form', '/echo', "return seen(await fetch('/echo', { method: 'POST', body: new URLSearchParams({ a: '1' }) }))"],
  ['JSON', '/echo', "return seen(await fetch('/echo', { method: 'POST', body: JSON.stringify({ a: 1 }) }))"],
  ['upload', '/echo', "return seen(await fetch('/echo', { method: 'PUT', body: new Blob(['x'.repeat(900000)]) }))"],
  ['large body', '/large', "return seen(await fetch('/large', { cache: 'no-store' }))"],
  ['range', '/large', "return seen(await fetch('/large', { headers: { Range: 'bytes=5-14' }, cache: 'no-store' }))"],
  ['chunks', '/chunked', "return seen(await fetch('/chunked'))"],
  ['204', '/none', "return seen(await fetch('/none'))"],
  ['redirect', '/moved', "const response = await fetch('/moved'); return seen(response)"],
  ['compressed', '/gzip', "return seen(await fetch('/gzip'))"],
  [
    'cookies',
    '/cookies',
    "await fetch('/cookies'); const text = document.cookie; return JSON.stringify({ ...JSON.parse(await seen(await fetch('/echo'))), text })",
  ],
  ['many at once', '/', "return seen(...await Promise.all(Array.from({ length: 20 }, (_, i) => fetch('/?' + i))))"],
  ['trailers', '/trailers', "return seen(await fetch('/trailers'))"],
  ['early hints', '/hints', "return seen(await fetch('/hints'))"],
  [
    'response cut short',
    '/cut',
    "return fetch('/cut').then((response) => response.text()).then((text) => JSON.stringify({ responses: [], text }))",
  ],
  [
    'WebSocket',
    '/socket',
    `return new Promise((resolve) => {
      const socket = new WebSocket('ws://' + location.host + '/socket');
      const messages = [];
      socket.onopen = () => socket.send('one');
      socket.onmessage = ({ data }) => {
        messages.push(data.length);
        if (messages.length === 1) socket.send('x'.repeat(100000)); else socket.close(1000);
      };
      socket.onclose = ({ code, wasClean }) => resolve(JSON.stringify({ responses: [], text: messages + ' ' + code + ' ' + wasClean }));
    })`,
  ],
];

interface Seen {
  readonly responses: readonly SeenResponse[];
  readonly text?: string;
}

export const browser: Client = {
  name: 'chromium',
  packages: ['chromium-headless-shell'],
  needs: [PROGRAM],
  async start(context) {
    const devtools = await startChromium(context);
    return CASES.map(
      ([name, page, expression]): Case => ({
        name,
        page,
        observe: (target) => devtools.inPage(target, expression),
      }),
    );
  },
};

async function startChromium(context: Ending): Promise<Devtools> {
  const folder = temporaryFolder(context, 'chromium');
  // Its sandbox refuses root.
  const flags = ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--no-proxy-server'];
  const own = [`--user-data-dir=${folder}`, '--remote-debugging-port=0', 'about:blank'];
  const child = spawnBound([PROGRAM, ...flags, ...own], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, HOME: folder },
  });
  const exited = once(child, 'exit');
  atEnd(context, async () => {
    child.kill('SIGKILL');
    await exited;
  });
  let said = '';
  const address = await new Promise<string>((resolve, reject) => {
    child.stderr?.on('data', (bytes: Buffer) => {
      said += bytes.toString();
      const found = /DevTools listening on (ws:\S+)/.exec(said)?.[1];
      if (found !== undefined) resolve(found);
    });
    child.once('exit', () => reject(new Error(`chromium ended; it said:\n${said}`)));
  });
  const socket = new WebSocket(address);
  await once(socket, 'open');
  return new Devtools(socket);
}

interface Answer {
  readonly id?: number;
  readonly method?: string;
  readonly sessionId?: string;
  readonly result?: Readonly<Record<string, unknown>>;
  readonly error?: { readonly message: string };
}

/** Commands of the protocol, and their answers. */
class Devtools {
  readonly #socket: WebSocket;
  readonly #waiting = new Map<number, (answer: Answer) => void>();
  readonly #loads = new Map<string, () => void>();
  #lastId = 0;

  constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on('message', (bytes: Buffer) => {
      const answer = JSON.parse(bytes.toString()) as Answer;
      if (answer.id !== undefined) this.#waiting.get(answer.id)?.(answer);
      if (answer.method === 'Page.loadEventFired') this.#loads.get(answer.sessionId ?? '')?.();
    });
  }

  /** Evaluates in the server's page `/`, in a profile of its own: no cache, no cookie, no connection of another case. */
  async inPage(target: Target, expression: string): Promise<Observation> {
    const { browserContextId } = await this.#send('Target.createBrowserContext', { disposeOnDetach: true });
    try {
      const { targetId } = await this.#send('Target.createTarget', { url: 'about:blank', browserContextId });
      const { sessionId } = await this.#send('Target.attachToTarget', { targetId, flatten: true });
      const session = String(sessionId);
      await this.#send('Page.enable', {}, session);
      const loaded = new Promise<void>((resolve) => this.#loads.set(session, resolve));
      const { errorText } = await this.#send(
        'Page.navigate',
        { url: `http://${target.host}:${target.port}/` },
        session,
      );
      if (errorText !== undefined) return new Map([['document', String(errorText)]]);
      await loaded;
      this.#loads.delete(session);
      const { result, exceptionDetails } = await this.#send(
        'Runtime.evaluate',
        { expression: `(async () => { ${SEEN} ${expression} })()`, awaitPromise: true, timeout: PATIENCE_MS },
        session,
      );
      return observation(
        target,
        result as { readonly value?: string; readonly description?: string },
        exceptionDetails,
      );
    } finally {
      await this.#send('Target.disposeBrowserContext', { browserContextId });
    }
  }

  #send(
    method: string,
    params: Readonly<Record<string, unknown>>,
    sessionId?: string,
  ): Promise<Readonly<Record<string, unknown>>> {
    this.#lastId += 1;
    const id = this.#lastId;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`chromium does not answer ${method}`)), PATIENCE_MS);
      this.#waiting.set(id, ({ result = {}, error }) => {
        clearTimeout(timer);
        this.#waiting.delete(id);
        if (error === undefined) resolve(result);
        else reject(new Error(`${method}: ${error.message}`));
      });
      this.#socket.send(JSON.stringify({ id, method, params, ...(sessionId !== undefined && { sessionId }) }));
    });
  }
}

function observation(
  target: Target,
  result: { readonly value?: string; readonly description?: string },
  exception: unknown,
): Observation {
  const aspects = new Map<string, string>();
  if (exception !== undefined || result.value === undefined) {
    aspects.set('thrown', (result.description ?? '').split('\n')[0] ?? '');
    return aspects;
  }
  const { responses, text } = JSON.parse(result.value) as Seen;
  if (text !== undefined) aspects.set('text', withoutAddress(text, target));
  addResponses(aspects, responses, target);
  return aspects;
}
