/** Format strings of HAProxy: what each name writes, flags, empty values, and what is refused with its place. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatProblem } from '../../../src/access-log/format/access-format.js';
import { FIELDS } from '../../../src/access-log/format/fields.js';
import { written } from '../written.js';

test('the named formats', () => {
  const counts = '4/3/2/1/0 0/0';
  const captured = '{shop.example|a #22quoted#22 #7Bone#7D}';
  assert.equal(
    written('haproxy'),
    '10.0.1.2:33317 [2009-02-06T11:14:14.655Z] slot:21034 shop/172.17.0.2:8080 10/0/30/69/109 200 2750 - - --VN ' +
      `${counts} ${captured} "GET /index.html?a=1 HTTP/1.1"`,
  );
  assert.match(
    written('httplog'),
    /^10\.0\.1\.2:33317 \[0\d\/Feb\/2009:\d\d:14:14\.655\] slot:21034 .* \{.*\} \{two\} "GET \/index/,
  );
  assert.match(written('tcplog'), /\] slot:21034 shop\/172\.17\.0\.2:8080 0\/30\/119 2750 -- 4\/3\/2\/1\/0 0\/0$/);
  assert.equal(
    written('clf'),
    '10.0.1.2 - - [06/Feb/2009:11:14:14 +0000] "GET /index.html?a=1 HTTP/1.1" 200 2750 "" "" 33317 645 "slot:21034" ' +
      '"shop" "172.17.0.2:8080" 10 0 30 69 109 --VN 4 3 2 1 0 0 0 "" "" "shop.example" ' +
      '"a #22quoted#22 #7Bone#7D" "two"',
  );
});

test('a TCP connection has its own line in each of them', () => {
  const tcp = { isHttp: false, status: 0, headMs: -1, responseMs: -1, target: '', method: '', requestHead: '' };
  assert.match(written('httplog', tcp), /shop\/172\.17\.0\.2:8080 0\/30\/119 2750 -- 4\/3\/2\/1\/0 0\/0$/);
  assert.match(written('clf', tcp), /^10\.0\.1\.2 - - \[.* \+0000\] "TCP " 000 2750 "" "" 33317 /);
  const { status, time, total_ms: total, termination } = JSON.parse(written('json', tcp));
  assert.deepEqual([status, time, total, termination], [undefined, '2009-02-06T11:14:14.655Z', 109, '--']);
});

test('json: one object in ASCII, null for what did not come, and bytes beyond ASCII one by one', () => {
  const line = written('json', { target: '/"\\\x7f\xe9', connectMs: -1, responseMs: -1, status: 0, instance: '' });
  assert.match(line, /^[\x20-\x7e]+$/);
  const read = JSON.parse(line);
  assert.deepEqual(
    [read.target, read.connect_ms, read.response_ms, read.status, read.instance, read.queue_ms, read.version],
    ['/"\\\x7f\xe9', null, null, null, null, 0, '1.1'],
  );
});

for (const [format, line] of [
  ['%ci %cp %fi %fp %si %sp %bi %bp', '10.0.1.2 33317 10.0.0.1 21034 172.17.0.2 8080 - -'],
  ['%Th/%Ti/%TR/%Tw/%Tc/%Tr/%Td %Tq %Ta %Tt %Tu', '3/7/10/0/30/69/0 20 109 119 112'],
  ['%HM %HP %HPO %HQ %HU %HV', 'GET /index.html /index.html ?a=1 /index.html?a=1 HTTP/1.1'],
  ['%ts %tsc %ST %B %U %b %f %ft %s', '-- --VN 200 2750 120 shop slot:21034 slot:21034 172.17.0.2:8080'],
  ['%pid %H %rt %lc %sslv %sslc %ID %CC %CS', '77 node-a1 1 0 - - - - -'],
  ['%Ts.%ms %T %trg', '1233918854.645 06/Feb/2009:11:14:14 +0000 06/Feb/2009:11:14:14 +0000'],
  ['%{+X}o %ci:%cp_%fi:%fp_%Ts_%rt:%pid %ms %U', '0A000102:8225_0A000001:522A_498C1B86_0001:004D 285 120'],
  ['%{+Q}ci|%{+Q}cp|%{+Q}ID|%{+Q}bp|%{+Q}ST|%{+Q}tsc', '"10.0.1.2"|33317|""|""|200|--VN'],
  ['%{+Q}o %b %{-Q}b %s', '"shop" shop "172.17.0.2:8080"'],
  ['%hrl %hsl|%hr%hs', 'shop.example a #22quoted#22 #7Bone#7D two|{shop.example|a #22quoted#22 #7Bone#7D}{two}'],
  ['%[capture.req.hdr(1)]|%{+Q,+E}[capture.req.hdr(1)]', 'a "quoted" {one}|"a \\"quoted\\" {one}"'],
  ['%[req.hdr(via)] %[req.fhdr(Via)] %[res.hdr(server)] %[src] %[status]', 'b a, b two 10.0.1.2 200'],
  ['%(client:str){+Q}ci   a%%b', '"10.0.1.2" a%b'],
  ['%HQ %ci  %HQ|', '?a=1 10.0.1.2 ?a=1|'],
  ['%ci %HQ %b', '10.0.1.2 ?a=1 shop'],
] as const) {
  test(`${format} writes ${line}`, () => assert.equal(written(format), line));
}

test('what stands behind a value is written with it, wherever the memory for the line ends', () => {
  assert.equal(
    written('%ST  %HQ %b%ac:%{+Q}b %CC %HQ %{+Q}CS|%{+X}cp %ci %hr', { target: '/' }, { requestCaptures: [] }),
    '200 shop4:"shop" - ""|8225 10.0.1.2 ',
  );
  for (let length = 65_500; length < 65_540; length += 1) {
    const app = 'x'.repeat(length);
    assert.equal(written('%b %ST/%ac:%b|', { app }), `${app} 200/4:${app}|`);
    assert.equal(written('%{+Q}b/%b', { app }), `"${app}"/${app}`);
    assert.equal(written('%hr%b/', { app }, { requestCaptures: [] }), `${app}/`);
  }
});

test('empty values between spaces leave one space', () => {
  assert.equal(written('a %hr %hs %HM', {}, { requestCaptures: [], responseCaptures: [] }), 'a GET');
  assert.equal(written('a %HQ %HM', { target: '/' }), 'a GET', 'as HAProxy 3.2; 2.6 leaves two');
  // The line leaves out a capture of responses that its format does not name.
  assert.equal(written('a %hs %CC %hs b', {}, { responseCaptures: [] }), 'a - b');
});

test('a request that could not be read, and one that no instance had', () => {
  const bad = { method: '', target: '', requestHead: '', responseHead: '', instance: '', status: 400, headMs: -1 };
  assert.equal(
    written('%s %TR %Tq %{+Q}r %HM %HQ %HV %hr|%hrl', bad),
    '<NOSRV> -1 -1 "<BADREQ>" <BADREQ> <BADREQ> <BADREQ> |',
  );
  assert.equal(written('%rc %ST', { retries: 2, isRedispatched: true, status: 0 }), '+2 -1');
});

for (const [format, message, hint] of [
  ['%ci %zz', 'no field %zz at column 5', 'there are %ac'],
  ['%HMM', 'no field %HMM at column 1', 'do you mean %HM?'],
  ['%ci %[path]', 'no expression %[path] at column 5', '%[capture.req.uri]'],
  ['%{+Z}ci', 'no flag +Z at column 1', '+Q'],
  ['%ci 100% ', '"% " at column 8 is not a field', '%% for a percent sign'],
  ['constructor', 'the format has no field, so all lines would be the same', 'haproxy'],
  ['%[constructor]', 'no expression %[constructor] at column 1', '%[src]'],
  ['%{+constructor}ci', 'no flag +constructor at column 1', '+Q'],
  ['%{+Q', '"%{+Q" at column 1 is not a field', '%{+Q}name'],
  ['httplogs', 'the format has no field, so all lines would be the same', 'haproxy, httplog, tcplog, clf, json'],
  ['%ci\n', 'the format has a line break or NUL', 'write one line'],
] as const) {
  test(`${JSON.stringify(format)} is refused: ${message}`, () => {
    const problem = formatProblem(format);
    assert.equal(problem?.message, message);
    assert.ok(problem.hint.includes(hint), problem.hint);
  });
}

test('each field writes something for each request, with each flag, and breaks no line', () => {
  for (const name of Object.keys(FIELDS)) {
    for (const flags of ['', '{+Q}', '{+X}', '{+E}', '{+Q,+X,+E}']) {
      assert.match(written(`<%${flags}${name}>`), /^<[\x20-\x7e]*>$/, `%${flags}${name}`);
    }
  }
});
