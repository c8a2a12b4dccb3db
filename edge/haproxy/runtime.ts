/**
 * What can be changed in a running HAProxy (management guide, 9.3). Values go by the payload form alone: the form of one
 * line eats backslashes, so that an expression would match more, and ends at a semicolon, behind which a value would be a
 * command.
 */
import { askSocket } from './control-socket.js';

/** A command is at most one buffer of 16 kB; what is longer is dropped, on 2.6 without a word. */
const PAYLOAD_BYTES = 8_192;

const DISABLED = /^(All sockets are already disabled\.)?\s*$/;
const ENABLED = /^(All sockets are already enabled\.)?\s*$/;

/** HAProxy did not do what it was told; the message has its own words. */
export class RuntimeRefusal extends Error {
  constructor(command: string, answer: string) {
    super(`"${command}": ${answer.trim() || 'no answer'}`);
    this.name = 'RuntimeRefusal';
  }
}

export class Runtime {
  readonly #socket: string;

  /** @param socket path of the stats socket, of level admin */
  constructor(socket: string) {
    this.#socket = socket;
  }

  /**
   * Replaces all lines of a map, from one moment to the next.
   * @param file as the configuration names it: `maps/prefix.map`
   * @throws RuntimeRefusal, and nothing has changed; SocketFailure
   */
  async replaceMap(file: string, lines: readonly string[]): Promise<void> {
    await this.#replace('map', file, lines.length, (version) =>
      batchesOf(lines).map((batch) => `add map @${version} ${file} <<\n${batch}`),
    );
  }

  /**
   * The same for a list of networks. Lists have no payload form on 2.6, and networks nothing that one line would eat.
   * @throws as `replaceMap`
   */
  async replaceNetworks(file: string, networks: readonly string[]): Promise<void> {
    const strange = networks.find((network) => !/^[0-9a-fA-F.:/]+$/.test(network));
    if (strange !== undefined) throw new RuntimeRefusal(`add acl ${file}`, 'it is not a list of networks');
    await this.#replace('acl', file, networks.length, (version) =>
      batchesOf(networks.map((network) => `add acl @${version} ${file} ${network}`)).map((batch) =>
        batch.trimEnd().replaceAll('\n', ';'),
      ),
    );
  }

  async #replace(
    kind: 'map' | 'acl',
    file: string,
    count: number,
    commandsFor: (version: string) => readonly string[],
  ): Promise<void> {
    const prepared = await this.#ask(`prepare ${kind} ${file}`);
    const version = /New version created: (\d+)/.exec(prepared)?.[1];
    if (version === undefined) throw new RuntimeRefusal(`prepare ${kind} ${file}`, prepared);
    for (const command of commandsFor(version)) await this.#expectNothing(command);
    const shown = await this.#ask(`show ${kind} @${version} ${file}`);
    const arrived = shown.split('\n').filter((line) => line.trim() !== '').length;
    if (arrived !== count) {
      await this.#ask(`clear ${kind} @${version} ${file}`);
      throw new RuntimeRefusal(`add ${kind} ${file}`, `${arrived} lines of ${count} arrived`);
    }
    await this.#expectNothing(`commit ${kind} @${version} ${file}`);
  }

  /** @returns how many lines it has in force, by the name of the file. @param kind as above */
  async countLines(kind: 'map' | 'acl'): Promise<ReadonlyMap<string, number>> {
    return countsFrom(await this.#ask(`show ${kind}`));
  }

  /**
   * Exchanges a certificate with its key.
   * @param file as the list of certificates names it
   * @throws RuntimeRefusal, and the old one serves on
   */
  async replaceCertificate(file: string, pem: string): Promise<void> {
    const set = await this.#ask(`set ssl cert ${file} <<\n${payload(pem)}`);
    if (!/Transaction (created|updated)/.test(set)) throw new RuntimeRefusal(`set ssl cert ${file}`, set);
    const committed = await this.#ask(`commit ssl cert ${file}`);
    if (committed.includes('Success!')) return;
    await this.#ask(`abort ssl cert ${file}`);
    throw new RuntimeRefusal(`commit ssl cert ${file}`, committed);
  }

  /** A place for one, empty until it is replaced. @throws RuntimeRefusal; SocketFailure */
  async addCertificate(file: string): Promise<void> {
    const answer = await this.#ask(`new ssl cert ${file}`);
    if (!answer.startsWith('New empty certificate')) throw new RuntimeRefusal(`new ssl cert ${file}`, answer);
  }

  /** One that no list names any more. @throws RuntimeRefusal; SocketFailure */
  async removeCertificate(file: string): Promise<void> {
    const answer = await this.#ask(`del ssl cert ${file}`);
    if (!answer.includes('deleted')) throw new RuntimeRefusal(`del ssl cert ${file}`, answer);
  }

  /**
   * Changes which names a certificate stands for. What comes is there before what goes: a name of both is served all the
   * time.
   * @param list as the configuration names it
   * @param added lines as in the file: `certs/one.pem [alpn h2,http/1.1] one.example`
   * @throws RuntimeRefusal, and a part may have changed; SocketFailure
   */
  async changeCertificateList(list: string, added: readonly string[], removed: readonly string[]): Promise<void> {
    const before = await this.#certificateLines(list);
    for (const line of added) {
      const command = `add ssl crt-list ${list}`;
      if (line.length > PAYLOAD_BYTES) throw new RuntimeRefusal(command, 'a line is too long');
      const answer = await this.#ask(`${command} <<\n${payload(line)}`);
      if (!answer.includes('Success!')) throw new RuntimeRefusal(command, answer);
    }
    for (const line of removed) {
      const command = `del ssl crt-list ${list}`;
      const known = before.find(({ text }) => text === line);
      if (known === undefined) throw new RuntimeRefusal(command, `the running process has no line "${line}"`);
      const answer = await this.#ask(`${command} ${known.id}`);
      if (!answer.includes('deleted')) throw new RuntimeRefusal(command, answer);
    }
    const lines = (await this.#certificateLines(list)).length;
    const expected = before.length + added.length - removed.length;
    if (lines !== expected) throw new RuntimeRefusal(`show ssl crt-list ${list}`, `${lines} lines, not ${expected}`);
  }

  /** `certs/one.pem:3 [alpn h2] one.example` → id `certs/one.pem:3`, and the text without the number */
  async #certificateLines(list: string): Promise<readonly { readonly id: string; readonly text: string }[]> {
    // The names of protocols end in a NUL, in all versions.
    const shown = (await this.#ask(`show ssl crt-list -n ${list}`)).replaceAll('\0', '');
    return [...shown.matchAll(/^((\S+):\d+)( .*)$/gm)].map(([, id = '', file = '', rest = '']) => ({
      id,
      text: `${file}${rest.trimEnd()}`,
    }));
  }

  /** For `load-server-state-from-file`. */
  async serverState(): Promise<string> {
    const state = await this.#ask('show servers state');
    if (!/^1\n# be_id /.test(state)) throw new RuntimeRefusal('show servers state', state.slice(0, 200));
    return state;
  }

  /** From now on the probe of the balancers fails, while traffic is served. It may be disabled already. */
  async disableFrontend(name: string): Promise<void> {
    const answer = await this.#ask(`disable frontend ${name}`);
    if (!DISABLED.test(answer)) throw new RuntimeRefusal(`disable frontend ${name}`, answer);
  }

  /** It binds again, and may be enabled already. @throws RuntimeRefusal when another process has its port; SocketFailure */
  async enableFrontend(name: string): Promise<void> {
    const answer = await this.#ask(`enable frontend ${name}`);
    if (!ENABLED.test(answer)) throw new RuntimeRefusal(`enable frontend ${name}`, answer);
  }

  /** Names of the frontends that are disabled. */
  async pausedFrontends(): Promise<readonly string[]> {
    const table = await this.#ask('show stat -1 1 -1');
    const [header = '', ...rows] = table.split('\n');
    const column = header.split(',').indexOf('status');
    if (column === -1) throw new RuntimeRefusal('show stat', table.slice(0, 200));
    return rows
      .map((row) => row.split(','))
      .filter((fields) => fields[column] === 'PAUSED')
      .map(([name = '']) => name);
  }

  /** Process id of the worker that answers. */
  async workerPid(timeoutMs?: number): Promise<number> {
    const answer = await this.#ask('show info', timeoutMs);
    const pid = /^Pid: (\d+)$/m.exec(answer)?.[1];
    if (pid === undefined) throw new RuntimeRefusal('show info', answer.slice(0, 200));
    return Number(pid);
  }

  async #ask(command: string, timeoutMs?: number): Promise<string> {
    return askSocket(this.#socket, command, timeoutMs);
  }

  async #expectNothing(command: string): Promise<void> {
    const answer = await this.#ask(command);
    if (answer.trim() !== '') throw new RuntimeRefusal(command.split('\n', 1)[0] ?? '', answer);
  }
}

/** A payload ends at an empty line, so it has none in it. */
function payload(text: string): string {
  return `${text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .join('\n')}\n`;
}

export function batchesOf(lines: readonly string[]): readonly string[] {
  const batches: string[] = [];
  let batch = '';
  for (const line of lines) {
    if (batch !== '' && batch.length + line.length >= PAYLOAD_BYTES) {
      batches.push(batch);
      batch = '';
    }
    batch += `${line}\n`;
  }
  if (batch !== '') batches.push(batch);
  return batches;
}

/** `3 (maps/prefix.map) pattern loaded from file 'maps/prefix.map' used by map at … curr_ver=0 next_ver=0 entry_cnt=6` */
export function countsFrom(answer: string): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const [, file = '', count = ''] of answer.matchAll(/^\d+ \(([^)]*)\) .*\bentry_cnt=(\d+)/gm)) {
    counts.set(file, Number(count));
  }
  return counts;
}
