/**
 * The same requests through HAProxy and through the data plane, and their lines side by side: what differs is clocks,
 * ports, names and what each answers by itself.
 */
import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import { freePort, ownAddress } from '../support/addresses.js';
import { atEnd } from '../support/at-end.js';
import { startHaproxy } from '../support/edge/haproxy-process.js';
import { HAPROXY_ENDS, haproxyOfVersion } from '../support/edge/haproxy-versions.js';
import { eventually } from '../support/eventually.js';
import { TestPlane } from '../support/node/plane.js';
import { RawConnection } from '../support/traffic/raw-connection.js';

/** As fields of a line that are separated by `~`, so that each is compared for itself. */
const FORMATS = [
  '%ci~%cp~%tr~%ft~%b~%s~%TR~%Tw~%Tc~%Tr~%Ta~%ST~%CC~%CS~%tsc~%ac~%fc~%bc~%sc~%rc~%sq~%bq~%hr~%hs~%{+Q}r',
  '%{+Q}o %ci~%cp~%t~%trg~%trl~%T~%Tl~%Ts~%ms~%CC~%hr~%hs~%hrl~%hsl~%HM~%HP~%HQ~%HU~%HV~%ID~%rc~%sslv~%tsc~%ST~%r',
  '%{+X}o %ci~%cp~%fi~%fp~%si~%Ts~%rt~%lc~%pid~%ST~%TR~%Tc',
  '%{+E}r~%{+E}HU~%{+Q,+E}hr~%[capture.req.hdr(1)]~%{+Q}[capture.req.hdr(1)]~%{+E}[capture.req.hdr(1)]~%[capture.req.uri]',
  '%Th~%Ti~%TR~%Tq~%Td~%Tt~%Tu~%[capture.req.hdr(7)]~%{+Q}[capture.req.hdr(7)]~%[src]~%[capture.req.ver]',
  'a   b %CC   %hr   %hs   c~%%',
] as const;

/** Values that may differ: what they look like is compared. */
const LOOKS: Readonly<Record<string, RegExp>> = {
  cp: /^([1-9]\d{3,4}|[0-9A-F]{4})$/,
  fp: /^[0-9A-F]{4}$/,
  tr: /^\d\d\/[A-Z][a-z]{2}\/\d{4}:\d\d:\d\d:\d\d\.\d{3}$/,
  t: /^\d\d\/[A-Z][a-z]{2}\/\d{4}:\d\d:\d\d:\d\d\.\d{3}$/,
  trg: /^\d\d\/[A-Z][a-z]{2}\/\d{4}:\d\d:\d\d:\d\d \+0000$/,
  T: /^\d\d\/[A-Z][a-z]{2}\/\d{4}:\d\d:\d\d:\d\d \+0000$/,
  trl: /^\d\d\/[A-Z][a-z]{2}\/\d{4}:\d\d:\d\d:\d\d [+-]\d{4}$/,
  Tl: /^\d\d\/[A-Z][a-z]{2}\/\d{4}:\d\d:\d\d:\d\d [+-]\d{4}$/,
  Ts: /^(\d{10}|[0-9A-F]{8})$/,
  ms: /^\d{3}$/,
  ft: /./,
  b: /./,
  s: /./,
  rt: /^[0-9A-F]{4}$/,
  lc: /^[0-9A-F]{4}$/,
  pid: /^[0-9A-F]{4,}$/,
};
/** A measured time is -1, or is not; HAProxy and we need not need the same. */
const TIMES = new Set(['TR', 'Tw', 'Tc', 'Tr', 'Ta', 'Th', 'Ti', 'Tq', 'Td', 'Tt', 'Tu']);

const AGENT = 'v"1 {x}\\] \xe9';
const HEAD = `Host: a.example\r\nUser-Agent: ${AGENT}\r\n\r\n`;
const REQUESTS = {
  'a GET': `GET /p%20a?q=1|{}\\] HTTP/1.1\r\n${HEAD}`,
  'a GET of HTTP/1.0': 'GET / HTTP/1.0\r\nHost: b\r\n\r\n',
  'a request without the captured fields': 'GET /x HTTP/1.1\r\nHost: b\r\n\r\n',
  'a HEAD': `HEAD /x?y HTTP/1.1\r\n${HEAD}`,
  'a POST': `POST /form HTTP/1.1\r\nContent-Length: 5\r\n${HEAD}hello`,
  'a malformed request': 'GET / HTTP/1.1\r\nHost : a\r\n\r\n',
} as const;

const UPGRADE = 'GET /echo HTTP/1.1\r\nHost: b\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n';
/** Comes in one packet with the head. */
const GREETING = 'welcome';
/** Is read in several pieces. */
const ECHOED = 'echo'.repeat(50_000);

const host = ownAddress();
/** One for all tests; it keeps no process alive. */
let origin: Server | null = null;

async function originPort(): Promise<number> {
  if (origin === null) {
    origin = createServer((_request, response) => response.setHeader('Server', 'origin').end('hello')).listen(0, host);
    origin.on('upgrade', (_request, socket) => {
      socket.write(`HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n${GREETING}`);
      socket.pipe(socket);
    });
    await once(origin, 'listening');
    origin.unref();
  }
  return (origin.address() as AddressInfo).port;
}

type Talk = (client: RawConnection, text: string) => Promise<void>;

/** @returns sends the text on a connection of its own, and gives the line of it */
async function throughHaproxy(context: TestContext, program: string, format: string, backend: string) {
  const receiver = createSocket('udp4');
  const lines: string[] = [];
  receiver.on('message', (message) => lines.push(message.toString('latin1').replace(/^<\d+>.*?\]: /, '')));
  receiver.bind(0, host);
  await once(receiver, 'listening');
  atEnd(context, () => receiver.close());
  const port = await freePort(host);
  const sections = `frontend f
  mode http
  option dontlognull
  bind ${host}:${port}
  log ${host}:${receiver.address().port} len 8192 local2
  capture request header Host len 400
  capture request header User-Agent len 400
  capture response header Server len 400
  log-format ${format.replace(/([ "\\#'])/g, '\\$1')}
  default_backend b
backend b
  mode http
  ${backend}
`;
  await startHaproxy(context, sections, { host, port }, { program });
  lines.length = 0;
  return async (text: string, talk: Talk = ask): Promise<string> => {
    const before = lines.length;
    await send(await RawConnection.open(port, host), text, talk);
    await eventually('HAProxy logs it', () => lines.length > before);
    return (lines[before] ?? '').trimEnd();
  };
}

async function throughPlane(context: TestContext, logFormat: string, instance: string | null, sticky: string | null) {
  const [address = '', port = ''] = instance?.split(':') ?? [];
  const spec = { id: instance ?? '', life: null, host: address, port: Number(port), weight: 1, up: true } as const;
  const plane = await TestPlane.start(context, {
    bind: host,
    slot: {
      instances: instance === null ? [] : [{ ...spec, state: 'ready' }],
      sticky: sticky === null ? null : { cookie: sticky, key: 'k' },
    },
    logFormat,
    captures: { requestCaptures: ['Host', 'User-Agent'], responseCaptures: ['Server'] },
  });
  return async (text: string, talk: Talk = ask): Promise<string> => {
    const before = plane.accessLog.length;
    await send(await plane.connect(), text, talk);
    await eventually('the plane logs it', () => plane.accessLog.length > before);
    return (plane.accessLog[before] ?? '').trimEnd();
  };
}

async function send(client: RawConnection, text: string, talk: Talk): Promise<void> {
  client.write(text);
  await talk(client, text);
  client.close();
}

async function ask(client: RawConnection, text: string): Promise<void> {
  await client.response(text.split(' ')[0]);
}

function namesOf(format: string): readonly string[] {
  return format.split('~').map((field) => /%(?:\{[^}]*\})?(\w+)$/.exec(field)?.[1] ?? '');
}

function compareLines(format: string, theirs: string, ours: string): void {
  const [their, our] = [theirs, ours].map((line) => line.split('~'));
  for (const [index, name] of namesOf(format).entries()) {
    const [one = '', other = ''] = [their?.[index], our?.[index]];
    const looks = LOOKS[name];
    if (looks !== undefined) {
      for (const value of [one, other]) assert.match(value.replaceAll('"', ''), looks, `%${name}`);
      assert.equal(other.startsWith('"'), one.startsWith('"'), `%${name}: ${one} and ${other}`);
    } else if (TIMES.has(name)) {
      assert.equal(other === '-1', one === '-1', `%${name}: ${one} and ${other}`);
      assert.match(other, /^(-1|\d{1,4})$/);
    } else {
      assert.equal(other, one, `%${name || format.split('~')[index]} of\n${theirs}\n${ours}`);
    }
  }
}

for (const version of HAPROXY_ENDS) {
  for (const [index, format] of FORMATS.entries()) {
    test(`format ${index}: lines as HAProxy ${version} writes them`, async (context) => {
      const instance = `${host}:${await originPort()}`;
      const theirs = await throughHaproxy(context, haproxyOfVersion(version), format, `server s1 ${instance}`);
      const ours = await throughPlane(context, format, instance, null);
      for (const text of Object.values(REQUESTS)) compareLines(format, await theirs(text), await ours(text));
    });
  }

  test(`a tunnel has all bytes of both ways in its line, as HAProxy ${version} has them`, async (context) => {
    const instance = `${host}:${await originPort()}`;
    const format = '%ST~%tsc~%U~%B';
    let received = 0;
    const talk: Talk = async (client) => {
      await client.until((text) => text.endsWith(GREETING));
      client.write(ECHOED);
      client.socket.end();
      received = (await client.ended()).length;
    };
    const theirs = await throughHaproxy(context, haproxyOfVersion(version), format, `server s1 ${instance}`);
    const [status, flags, ...their] = (await theirs(UPGRADE, talk)).split('~');
    const ours = await (await throughPlane(context, format, instance, null))(UPGRADE, talk);
    assert.equal(ours, `101~----~${UPGRADE.length + ECHOED.length}~${received}`);
    assert.deepEqual([status, flags], ['101', '----']);
    // HAProxy counts a head in its own form, which differs by a few bytes from what was on the wire.
    const our = ours.split('~').slice(2);
    for (const [way, bytes] of their.entries()) assert.ok(Math.abs(Number(bytes) - Number(our[way])) < 50, `${their}`);
  });

  test(`who ends its side within a head is answered and logged as by HAProxy ${version}`, async (context) => {
    const instance = `${host}:${await originPort()}`;
    const format = '%ST~%tsc~%{+Q}r';
    const halfClose: Talk = async (client) => {
      client.socket.end();
      assert.match(await client.ended(), /^HTTP\/1\.1 400 /);
    };
    const theirs = await throughHaproxy(context, haproxyOfVersion(version), format, `server s1 ${instance}`);
    const ours = await throughPlane(context, format, instance, null);
    for (const text of ['G', 'GET / HTTP/1.1\r\nHost: b\r\n'])
      compareLines(format, await theirs(text, halfClose), await ours(text, halfClose));
  });

  test(`cookies and failures as HAProxy ${version} flags them`, async (context) => {
    const program = haproxyOfVersion(version);
    const format = '%tsc~%ST~%TR~%Tw~%Tc~%Tr~%Td~%ac~%fc~%bc~%sc~%sq~%bq~%{+Q}r';
    const live = `${host}:${await originPort()}`;
    const cookie = `cookie S insert indirect nocache\n  server s1 ${live} cookie A`;
    const bound = await throughHaproxy(context, program, format, cookie);
    const ours = await throughPlane(context, format, live, 'S');
    const valid = /S=([\w-]+)/.exec(await cookieOf(context, live))?.[1] ?? '';
    for (const [their, our] of [
      ['', ''],
      ['Cookie: T=1\r\n', 'Cookie: T=1\r\n'],
      ['Cookie: S=nobody\r\n', 'Cookie: S=nobody\r\n'],
      ['Cookie: S=A\r\n', `Cookie: S=${valid}\r\n`],
    ]) {
      const text = (line = ''): string => `GET / HTTP/1.1\r\n${line}${HEAD}`;
      compareLines(format, await bound(text(their)), await ours(text(our)));
    }
    const none = await throughHaproxy(context, program, format, 'retries 0');
    compareLines(
      format,
      await none(REQUESTS['a GET']),
      await (await throughPlane(context, format, null, null))(REQUESTS['a GET']),
    );
    const dead = `${host}:${await freePort(host)}`;
    const refused = await throughHaproxy(context, program, format, `retries 0\n  server s1 ${dead}`);
    compareLines(
      format,
      await refused(REQUESTS['a GET']),
      await (await throughPlane(context, format, dead, null))(REQUESTS['a GET']),
    );
  });
}

/** The value that stands for the instance. */
async function cookieOf(context: TestContext, instance: string): Promise<string> {
  const [address = '', port = ''] = instance.split(':');
  const spec = { id: instance, life: null, host: address, port: Number(port), weight: 1, up: true } as const;
  const sticky = { cookie: 'S', key: 'k' };
  const plane = await TestPlane.start(context, { slot: { instances: [{ ...spec, state: 'ready' }], sticky } });
  const client = await plane.connect();
  client.write(REQUESTS['a GET']);
  const { fields } = await client.response();
  client.close();
  return fields.get('set-cookie') ?? '';
}
