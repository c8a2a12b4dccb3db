/**
 * The sticky cookie beside real HAProxy's `cookie S insert indirect nocache httponly dynamic`: each spelling of a Cookie field
 * is asked of both, and the instance has to see the same, except for the blanks between cookies.
 */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { freePort, ownAddress } from '../../support/addresses.js';
import { startHaproxy } from '../../support/edge/haproxy-process.js';
import { TestPlane } from '../../support/node/plane.js';
import { instanceOf } from '../../support/node/snapshots.js';
import { RawConnection } from '../../support/traffic/raw-connection.js';
import { answering, okResponse, ScriptedInstance } from '../../support/traffic/scripted-instance.js';

/** `V` stands for the value that the proxy gave. */
const SPELLINGS: readonly string[] = [
  'S=V',
  'a=1; S=V; b=2',
  'S=V; b=2',
  'a=1; S=V',
  'a=1;S=V;b=2',
  'a=1 ;  S=V ;  b=2',
  'S=unknown',
  'a=1; S=unknown; b',
  'S=',
  'S',
  'S="V"',
  'S = V',
  'S=V; S=old; c=3',
  'S=old; S=V',
  's=V',
  'XS=V; S2=1',
  'a="x; S=V"; b=2',
  'S="x; y"; b=2',
  '$Version=1; S=V; $Path=/; b=2',
  'S=Vx',
  'a=V',
  'a=b=S=V',
  'a=1\r\nCookie: S=V\r\nCookie: b=2',
  'a=1\r\nCookie: S=old\r\nCookie: S=V',
];

interface Asked {
  /** Cookies as the instance saw them, one field after the other. */
  readonly seen: readonly string[];
  readonly isBoundAnew: boolean;
}

async function ask(host: string, port: number, spelling: string): Promise<Asked & { readonly value: string }> {
  const client = await RawConnection.open(port, host);
  const line = spelling === '' ? '' : `Cookie: ${spelling}\r\n`;
  client.write(`GET / HTTP/1.1\r\nHost: a\r\n${line}Connection: close\r\n\r\n`);
  const { body, fields } = await client.response();
  client.close();
  const set = fields.get('set-cookie');
  return {
    seen: (JSON.parse(body) as string[]).map((cookies) => cookies.replace(/[ \t]*;[ \t]*/g, '; ')),
    isBoundAnew: set !== undefined,
    value: /^S=([^;]*)/.exec(set ?? '')?.[1] ?? '',
  };
}

/** Answers with the Cookie fields that it got. */
function startInstance(context: TestContext): Promise<ScriptedInstance> {
  return ScriptedInstance.start(
    context,
    answering((head) =>
      okResponse(JSON.stringify([...head.matchAll(/^cookie: (.*)\r?$/gim)].map((match) => match[1]))),
    ),
  );
}

async function answersOf(host: string, port: number): Promise<Map<string, Asked>> {
  const { value } = await ask(host, port, '');
  assert.notEqual(value, '');
  const answers = new Map<string, Asked>();
  for (const spelling of SPELLINGS) {
    const { seen, isBoundAnew } = await ask(host, port, spelling.replaceAll('V', value));
    answers.set(spelling, { seen: seen.map((text) => text.replaceAll(value, 'V')), isBoundAnew });
  }
  return answers;
}

test('HAProxy and this proxy take the same cookie out, leave the same ones, and honor the same values', async (context) => {
  const instance = await startInstance(context);
  const plane = await TestPlane.start(context, {
    slot: { instances: [instanceOf(instance)], sticky: { cookie: 'S', key: 'secret' } },
  });
  const front = { host: ownAddress(), port: await freePort(plane.host) };
  await startHaproxy(
    context,
    `listen front
  mode http
  bind ${front.host}:${front.port}
  cookie S insert indirect nocache httponly dynamic
  dynamic-cookie-key secret
  server one ${instance.host}:${instance.port}
`,
    front,
  );
  assert.deepEqual(await answersOf(plane.host, plane.port), await answersOf(front.host, front.port));
});
