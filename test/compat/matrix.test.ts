/** The part of `npm run compat` that takes seconds: what autoproxy alone does otherwise is decided. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CLIENTS, QUICK_CLIENTS } from './clients/all.js';
import { DECISIONS } from './decisions.js';
import { isInstalled } from './installable.js';
import { runMatrix } from './matrix.js';
import { staleText, undecidedText } from './report.js';
import { QUICK_SERVERS, SERVERS } from './servers/all.js';
import { judge } from './verdict.js';

const missing = [...QUICK_SERVERS, ...QUICK_CLIENTS].filter((program) => !isInstalled(program));
const skip = missing.length === 0 ? false : `${missing.flatMap(({ packages }) => packages).join(', ')}: not installed`;

test('real servers and clients meet nothing that neither server nor HAProxy does and nobody decided', {
  skip,
}, async (context) => {
  const cells = await runMatrix(context, QUICK_SERVERS, QUICK_CLIENTS, DECISIONS);
  const names = { servers: SERVERS.map(({ name }) => name), clients: CLIENTS.map(({ name }) => name) };
  const verdict = judge(cells, DECISIONS, names);
  assert.equal(undecidedText(verdict), '', 'differs from the server and from HAProxy; "npm run compat" says more');
  assert.equal(staleText(verdict), '', 'decisions that nothing needs any more');
});
