/** Which body follows a head, and where it ends. */
import { BodyReader } from '../../src/http1/body-reader.js';
import { BODY, type Framing, parseContentLength, requestBodyKind, responseBodyKind } from '../../src/http1/framing.js';
import { HEAD_DEFAULTS } from '../../src/snapshot/snapshot.js';
import type { MicroSuite } from './timing.js';

const HEADS: readonly Framing[] = [
  { contentLength: -1, isChunked: false },
  { contentLength: 0, isChunked: false },
  { contentLength: 24, isChunked: false },
  { contentLength: -1, isChunked: true },
];
const PIECE = Buffer.alloc(65_536, 'x');
const BODY_BYTES = 1_048_576;

export const FRAMING: MicroSuite = {
  workload: 'framing',
  title: 'framing',
  cases: [
    {
      name: 'kind of a request body and of a response body',
      run(times) {
        let sum = 0;
        for (let time = 0; time < times; time += 1) {
          const head = HEADS[time % HEADS.length];
          if (head !== undefined) sum += requestBodyKind(head) + responseBodyKind('GET', 200, head);
        }
        return sum;
      },
    },
    {
      name: 'Content-Length of 7 digits',
      run(times) {
        let sum = 0;
        for (let time = 0; time < times; time += 1) {
          const length = parseContentLength('Content-Length: 1048576', 16, 23);
          if (length !== BODY_BYTES) return Number.NaN;
          sum += length;
        }
        return sum;
      },
    },
    {
      name: '1 MB by Content-Length, in pieces of 64 KB',
      run(times) {
        const reader = new BodyReader();
        let sum = 0;
        for (let time = 0; time < times; time += 1) {
          reader.begin(BODY.LENGTH, BODY_BYTES, HEAD_DEFAULTS);
          while (!reader.isWhole) reader.read(PIECE, 0, PIECE.length);
          sum += reader.position;
        }
        return sum;
      },
    },
  ],
};
