/** The tokens of a node, in a file that a test may change. */
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { TestContext } from 'node:test';
import { AdminTokens } from '../../src/admin/admin-tokens.js';
import { atEnd, temporaryFolder } from '../support/at-end.js';
import { eventually } from '../support/eventually.js';
import { FakeClock } from '../support/fake-clock.js';
import { createRecordingLog } from '../support/recording-log.js';

export const TOKEN = 'token-of-the-operators-1';

export async function openTokens(context: TestContext, text = `${TOKEN}\n`) {
  const file = path.join(temporaryFolder(context, 'token'), 'token');
  await writeFile(file, text, { mode: 0o600 });
  const clock = new FakeClock();
  const { log, lines } = createRecordingLog();
  const tokens = await AdminTokens.open({ file, clock, log });
  atEnd(context, () => tokens.stop());
  /** Until the file was read again: the file system answers in its own time. */
  const until = (what: string, isSo: () => boolean) =>
    eventually(what, async () => {
      await clock.advance(2_000);
      return isSo();
    });
  return { file, tokens, log, lines, until };
}

export function basic(password: string, name = 'ada'): string {
  return `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}`;
}
