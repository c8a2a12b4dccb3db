/** Passwords of image registries, as Docker's own commands find them, and as the engine is told of them. */
import path from 'node:path';
import { codeOf, reasonOf } from '../core/thrown.js';
import { readWholeFile } from '../core/whole-file.js';
import {
  type ClientConfig,
  type Credential,
  clientConfigFrom,
  keptCredential,
  PasswordFailure,
  programFor,
  WITHOUT,
} from './client-config.js';
import { askProgram } from './credential-program.js';
import { HUB, registryOf } from './image-name.js';

const MAX_CONFIG_BYTES = 1_048_576;
/** What `docker login` calls the Hub. */
const HUB_SERVER = 'https://index.docker.io/v1/';

/** Tells the engine to use no password; without this field it keeps the one that the service has. */
export const NO_PASSWORD = headerOf({}, '');

/** Each registry is looked up once. */
export class RegistryPasswords {
  readonly #env: NodeJS.ProcessEnv;
  readonly #headers = new Map<string, Promise<string | null>>();
  #configs: Promise<readonly ClientConfig[]> | null = null;

  /** @param env DOCKER_CONFIG, HOME and DOCKER_AUTH_CONFIG say where they are kept; helpers get all of it */
  constructor(env: NodeJS.ProcessEnv) {
    this.#env = env;
  }

  /**
   * @returns the value of X-Registry-Auth for the registry of this image; null: no password is known
   * @throws PasswordFailure
   */
  headerFor(image: string): Promise<string | null> {
    const registry = registryOf(image);
    const known = this.#headers.get(registry) ?? this.#look(registry === HUB ? HUB_SERVER : registry);
    this.#headers.set(registry, known);
    return known;
  }

  async #look(server: string): Promise<string | null> {
    this.#configs ??= readConfigs(this.#env);
    for (const config of await this.#configs) {
      const program = programFor(config, server);
      const credential =
        program === null ? keptCredential(config, server) : await askProgram(program, server, this.#env);
      if (credential !== null) return headerOf(credential, server);
    }
    return null;
  }
}

/** @returns the variable first, then the file; of them only those that are there */
async function readConfigs(env: NodeJS.ProcessEnv): Promise<readonly ClientConfig[]> {
  const { DOCKER_AUTH_CONFIG: given = '', DOCKER_CONFIG: folder = '', HOME: home = '' } = env;
  const configs = given === '' ? [] : [clientConfigFrom(given, 'DOCKER_AUTH_CONFIG')];
  if (folder === '' && home === '') return configs;
  const file = path.join(folder === '' ? path.join(home, '.docker') : folder, 'config.json');
  const document = await readConfig(file);
  return document === null ? configs : [...configs, clientConfigFrom(document, file)];
}

async function readConfig(file: string): Promise<string | null> {
  try {
    return await readWholeFile(file, MAX_CONFIG_BYTES);
  } catch (error) {
    if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR') return null;
    throw new PasswordFailure(
      `${file}, where Docker keeps passwords, cannot be read: ${reasonOf(error)}; name its folder with DOCKER_CONFIG, ${WITHOUT}`,
    );
  }
}

/** JSON in base64 with the letters of URLs, padded: the engine refuses it unpadded (Go, base64.URLEncoding). */
function headerOf(credential: Credential, server: string): string {
  const whole = server === '' ? credential : { ...credential, serveraddress: server };
  return Buffer.from(JSON.stringify(whole)).toString('base64').replaceAll('+', '-').replaceAll('/', '_');
}
