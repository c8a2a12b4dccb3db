/**
 * What `docker login` leaves of a person's passwords: `config.json` in DOCKER_CONFIG or ~/.docker, and DOCKER_AUTH_CONFIG. Pure.
 * Messages name places and never values: each value may be a secret.
 * @see https://docs.docker.com/reference/cli/docker/login/#credential-stores
 */
import * as v from 'valibot';
import { entriesOf } from '../core/shapes.js';
import { escapeText } from '../model/problem.js';

/** As the engine reads it out of X-Registry-Auth (moby, api/types/registry/authconfig.go). */
export interface Credential {
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  /** In the place of a password: registries give an access token for it. */
  readonly identitytoken?: string | undefined;
  readonly registrytoken?: string | undefined;
}

export interface ClientConfig {
  /** Where it stands, for people. */
  readonly place: string;
  /** Server → what is kept of it in the clear, or nearly. */
  readonly entries: ReadonlyMap<string, Entry>;
  /** Server → helper that keeps its password. */
  readonly helpers: ReadonlyMap<string, string>;
  /** The helper of all other servers; empty: none. */
  readonly store: string;
}

type Entry = v.InferOutput<typeof entry>;

/** A password is there or may be, and is not to be had. The message says what to do. */
export class PasswordFailure extends Error {
  constructor(message: string, cause?: unknown) {
    super(message, { cause });
    this.name = 'PasswordFailure';
  }
}

/** Behind each failure. */
export const WITHOUT = 'or give --no-registry-auth, which sends no passwords';

/** Docker takes `null` for an empty word. */
const text = v.pipe(
  v.nullish(v.string()),
  v.transform((word) => word ?? undefined),
);
const entry = v.nullish(
  v.object({ auth: text, username: text, password: text, identitytoken: text, registrytoken: text }),
  {},
);
const config = v.object({
  auths: v.nullish(entriesOf(entry)),
  credHelpers: v.nullish(entriesOf(v.string())),
  credsStore: v.nullish(v.string()),
});

/** @throws PasswordFailure that says where the document has another form */
export function clientConfigFrom(document: string, place: string): ClientConfig {
  const read = v.safeParse(config, parsed(document, place));
  if (!read.success) {
    const at = escapeText(v.getDotPath(read.issues[0]) ?? '');
    throw new PasswordFailure(`${place}: ${at} has another form than docker login gives it; mend it, ${WITHOUT}`);
  }
  const { auths, credHelpers, credsStore } = read.output;
  return { place, entries: new Map(auths), helpers: new Map(credHelpers), store: credsStore ?? '' };
}

/** The message of the parser would show a piece of the document. */
function parsed(document: string, place: string): unknown {
  try {
    return JSON.parse(document);
  } catch {
    throw new PasswordFailure(`${place} is not JSON; mend it, ${WITHOUT}`);
  }
}

/** @returns the helper that keeps the password of this server, as in `docker-credential-NAME`; null: the document itself does */
export function programFor({ helpers, store }: ClientConfig, server: string): string | null {
  return (helpers.get(server) ?? store) || null;
}

/**
 * @param server `registry.example:5000`; entries may have a scheme and a path too, as `docker login` wrote them in former times
 * @returns null: none is kept in the document itself
 * @throws PasswordFailure
 */
export function keptCredential({ entries, place }: ClientConfig, server: string): Credential | null {
  const [, found] =
    [...entries].find(([name]) => name === server) ??
    [...entries].find(([name]) => hostOf(name) === hostOf(server)) ??
    [];
  if (found === undefined) return null;
  const { auth = '', ...rest }: Credential & { readonly auth?: string | undefined } = found;
  const credential = { ...rest, ...(auth === '' ? {} : decoded(auth, server, place)) };
  return Object.values(credential).some((value) => value !== undefined && value !== '') ? credential : null;
}

/** `https://registry.example:5000/v1/` → `registry.example:5000`. */
function hostOf(name: string): string {
  return name.replace(/^https?:\/\//, '').replace(/\/.*$/s, '');
}

/** base64 of `user:password`. */
function decoded(auth: string, server: string, place: string): Credential {
  const [whole, username, password] = /^([^:]+):(.*)$/s.exec(Buffer.from(auth, 'base64').toString('utf8')) ?? [];
  if (whole === undefined)
    throw new PasswordFailure(
      `${place}: what stands for ${escapeText(server)} is damaged; docker login ${escapeText(server)}, ${WITHOUT}`,
    );
  return { username, password: password?.replace(/\0+$/, '') };
}
