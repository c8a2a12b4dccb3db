/** Heads and bodies, as they come off the wire. */
import { ChunkedDecoder } from '../../src/http1/chunked.js';
import { COMPLETE, RequestHead } from '../../src/http1/request-head.js';
import { ResponseHead } from '../../src/http1/response-head.js';
import { HEAD_DEFAULTS } from '../../src/snapshot/snapshot.js';
import type { MicroCase, MicroSuite } from './timing.js';

const SMALL_REQUEST = 'GET / HTTP/1.1\r\nHost: shop.example.com\r\n\r\n';
const BROWSER_REQUEST = [
  'GET /catalogue/shoes?size=42&sort=price HTTP/1.1',
  'Host: shop.example.com',
  'Connection: keep-alive',
  'User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36',
  'Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8',
  'Accept-Encoding: gzip, deflate, br, zstd',
  'Accept-Language: en-GB,en;q=0.9,de;q=0.8',
  'Cookie: session=0123456789abcdef0123456789abcdef; theme=dark; consent=all',
  'Referer: https://shop.example.com/catalogue',
  'Sec-Fetch-Dest: document',
  'Sec-Fetch-Mode: navigate',
  'Cache-Control: max-age=0',
  '',
  '',
].join('\r\n');
const RESPONSE = [
  'HTTP/1.1 200 OK',
  'Server: nginx/1.22.1',
  'Date: Mon, 23 Nov 2026 12:00:00 GMT',
  'Content-Type: text/plain',
  'Content-Length: 24',
  'Connection: keep-alive',
  '',
  '',
].join('\r\n');
const CHUNKS = `${`1000\r\n${'x'.repeat(4_096)}\r\n`.repeat(4)}0\r\n\r\n`;

function requestCase(name: string, text: string): MicroCase {
  const bytes = Buffer.from(text, 'latin1');
  const head = new RequestHead();
  return {
    name,
    run(times) {
      let sum = 0;
      for (let time = 0; time < times; time += 1) {
        if (head.parse(bytes, 0, bytes.length, HEAD_DEFAULTS, false) !== COMPLETE) return Number.NaN;
        sum += head.block.length;
      }
      return sum;
    },
  };
}

function responseCase(name: string, text: string): MicroCase {
  const bytes = Buffer.from(text, 'latin1');
  const head = new ResponseHead();
  return {
    name,
    run(times) {
      let sum = 0;
      for (let time = 0; time < times; time += 1) {
        if (head.parse(bytes, 0, bytes.length, HEAD_DEFAULTS) !== COMPLETE) return Number.NaN;
        sum += head.block.length;
      }
      return sum;
    },
  };
}

function chunkedCase(name: string, text: string): MicroCase {
  const bytes = Buffer.from(text, 'latin1');
  const decoder = new ChunkedDecoder(HEAD_DEFAULTS);
  return {
    name,
    run(times) {
      let sum = 0;
      for (let time = 0; time < times; time += 1) {
        decoder.reset(HEAD_DEFAULTS);
        sum += decoder.scan(bytes, 0, bytes.length);
        if (!decoder.isDone) return Number.NaN;
      }
      return sum;
    },
  };
}

export const CODEC: MicroSuite = {
  workload: 'codec',
  title: 'codec',
  cases: [
    requestCase('request head, 2 lines', SMALL_REQUEST),
    requestCase("request head, a browser's", BROWSER_REQUEST),
    responseCase('response head', RESPONSE),
    chunkedCase('chunked body, 4 chunks of 4 KB', CHUNKS),
  ],
};
