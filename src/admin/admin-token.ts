/** `--admin-token-file`, for the node that asks for a token and for the command that sends one. */
import { readSecrets, type SecretKind } from '../core/secrets.js';
import { codeOf, reasonOf } from '../core/thrown.js';

/** It has to fit into a field beside others. */
const MAX_CHARS = 1_024;
const OPTION = '--admin-token-file';

export const ADMIN_TOKEN: SecretKind = {
  noun: 'token',
  name: 'the admin token',
  without: 'nobody gets in with one until it can be',
  faultOf: (token) => {
    if (!/^[\x21-\x7e]+$/.test(token)) return 'has a blank or a character beyond ASCII, which no request can carry';
    return token.length > MAX_CHARS ? `has more than ${MAX_CHARS} characters` : null;
  },
};

/** @returns all of them; a command sends the first. @throws Error that names the file, what is wrong and what to do */
export async function readAdminTokens(file: string): Promise<readonly string[]> {
  try {
    return await readSecrets(file, ADMIN_TOKEN);
  } catch (error) {
    const reasons = new Map([
      ['ENOENT', 'is not there: write a token into it (openssl rand -base64 32)'],
      ['EACCES', 'may not be read by this user'],
    ]);
    const reason = reasons.get(codeOf(error)) ?? `cannot be used: ${reasonOf(error)}`;
    throw new Error(`${file}, the file of ${OPTION}, ${reason}`, { cause: error });
  }
}
