/** Receivers of syslog as the option names them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseSyslog } from '../../../src/access-log/targets/syslog-place.js';

for (const [text, place] of [
  ['syslog:udp:127.0.0.1:514', { host: '127.0.0.1', port: 514, facility: 16 }],
  ['syslog:udp:127.0.0.1', { host: '127.0.0.1', port: 514, facility: 16 }],
  ['syslog:udp:localhost:1514,local2', { host: '127.0.0.1', port: 1_514, facility: 18 }],
  ['syslog:udp:[::1]:514,daemon', { host: '::1', port: 514, facility: 3 }],
  ['syslog:unix:/dev/log', { socket: '/dev/log', facility: 'local0' }],
  ['syslog:unix:/run/a,b/log,local2', { socket: '/run/a,b/log', facility: 'local2' }],
  ['syslog:unix:/dev/log,auth2', { socket: '/dev/log', facility: 'authpriv' }],
] as const) {
  test(`${text} is a receiver`, () => assert.deepEqual(parseSyslog(text), place));
}

for (const [text, message] of [
  ['syslog:unix:dev/log', /^"dev\/log" is not the absolute path of a socket$/],
  ['syslog:unix:', /^"" is not the absolute path of a socket$/],
  [`syslog:unix:/${'x'.repeat(107)}`, /is too long for the path of a socket$/],
  ['syslog:unix:/dev/log,local9', /^no facility local9$/],
  // The kernel's own, which logger turns into user.
  ['syslog:unix:/dev/log,kern', /^no facility kern$/],
  ['syslog:tcp:127.0.0.1:514', /is not a syslog receiver/],
  ['syslog:udp:logs.example:514', /not an IP address/],
  ['syslog:udp:127.0.0.1:0', /no port/],
  ['syslog:udp:127.0.0.1:514,local9', /no facility local9/],
] as const) {
  test(`${text} is refused`, () => {
    const refusal = parseSyslog(text);
    assert.ok('message' in refusal);
    assert.match(refusal.message, message);
    assert.notEqual(refusal.hint, '');
  });
}
