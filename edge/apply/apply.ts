/**
 * From one release to the next, in the smallest step that does it, and back when it fails.
 *
 *   write ─► haproxy -c ─► switch ─► hot steps ──────────────► verify ─► applied
 *              │refused              │refused                   │wrong
 *              ▼                     └──► reload ───────────────┤
 *           (nothing changed)              │failed              ▼
 *                                          └──► switch back, reload where it is needed ─► rolled back
 */
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { replaceFile } from '../../src/core/durable-file.js';
import { makeDirectories } from '../../src/core/make-directories.js';
import { codeOf, reasonOf } from '../../src/core/thrown.js';
import { withRegistryGuard } from '../../src/registry/registry-guard.js';
import { SocketFailure } from '../haproxy/control-socket.js';
import type { Master, ReloadOutcome } from '../haproxy/master.js';
import { checkConfiguration } from '../haproxy/program.js';
import { type Runtime, RuntimeRefusal } from '../haproxy/runtime.js';
import { leaveFailed, mendCurrent, newestIntact } from '../release/last-good-release.js';
import type { Release } from '../release/release.js';
import type { ReleaseDirectory } from '../release/release-directory.js';
import { firstMiscount, lineCounts, type Plan, planChange } from './plan.js';

interface ApplierParts {
  readonly directory: ReleaseDirectory;
  /** Path of the HAProxy that checks; the one that runs, too. */
  readonly program: string;
  readonly runtime: Runtime;
  readonly master: Master;
  /** `server-state-file` of the configuration. */
  readonly stateFile: string;
}

export type Outcome =
  | { readonly kind: 'unchanged' }
  | { readonly kind: 'applied'; readonly way: 'hot' | 'reload'; readonly why: string }
  /** HAProxy does not run: the release counts from its start. */
  | { readonly kind: 'waiting' }
  /** HAProxy refuses the configuration: nothing was changed. */
  | { readonly kind: 'refused'; readonly reason: string }
  /** It did not work; files and process are as they were before. */
  | { readonly kind: 'rolled-back'; readonly reason: string };

const NO_NAMESERVERS =
  '/etc/resolv.conf has no nameserver that HAProxy can read: fix it, or name them in the site: servers.nameservers';

export class Applier {
  readonly #parts: ApplierParts;
  /** The step under way, and the steps that wait for it. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(parts: ApplierParts) {
    this.#parts = parts;
  }

  /** What HAProxy is known to run; null when that is not known. */
  async running(): Promise<Release | null> {
    const { directory } = this.#parts;
    const applied = await directory.applied();
    return applied !== null && applied === (await directory.current()) ? directory.read(applied) : null;
  }

  async plan(release: Release): Promise<Plan> {
    return planChange(await this.running(), release);
  }

  /**
   * One at a time, also of several processes.
   * @throws RegistryFailure when another process does not come to its end; any error when the release cannot be written:
   * a full disk, a folder of somebody else's
   */
  apply(release: Release): Promise<Outcome> {
    return this.#inTurn(() => this.#apply(release));
  }

  /**
   * HAProxy was started over this release, and runs.
   * @returns false when another one became current meanwhile and HAProxy was not reloaded over it: that has to be done
   */
  noteStarted(id: string): Promise<boolean> {
    const { directory } = this.#parts;
    return this.#inTurn(async () => {
      const current = await directory.current();
      if (id !== current && (await this.running()) !== null) return true;
      await directory.noteApplied(id);
      return id === current;
    });
  }

  /** @see mendCurrent */
  mendCurrent(): Promise<string | null> {
    return this.#inTurn(() => mendCurrent(this.#parts.directory));
  }

  /** @see leaveFailed */
  leaveFailed(id: string): Promise<string | null> {
    return this.#inTurn(() => leaveFailed(this.#parts.directory, id));
  }

  /**
   * What HAProxy serves, or served last. A release that waits for a HAProxy that never started has served nobody.
   * @param current what it is to serve
   * @returns null: it has served nothing yet
   */
  async servedRelease(current: Release | null): Promise<Release | null> {
    const { directory, master } = this.#parts;
    if (current === null || (await directory.hasRun()).includes(current.id)) return current;
    // A HAProxy of systemd or Docker may have begun with it a moment ago.
    const isRunning = await master.state().then(
      () => true,
      () => false,
    );
    return isRunning ? current : newestIntact(directory, null);
  }

  /** A new worker over what is current. @throws SocketFailure when there is no master */
  restart(): Promise<ReloadOutcome> {
    const { directory, master } = this.#parts;
    return this.#inTurn(async () => {
      await directory.noteApplied(null);
      const outcome = await master.reload();
      if (outcome.isDone) await directory.noteApplied(await directory.current());
      return outcome;
    });
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const { root } = this.#parts.directory;
    const guarded = async (): Promise<T> => {
      await makeDirectories(root);
      return withRegistryGuard(path.join(root, 'current'), work);
    };
    const turn = this.#last.then(guarded);
    this.#last = turn.catch(() => {});
    return turn;
  }

  async #apply(release: Release): Promise<Outcome> {
    const { directory } = this.#parts;
    const plan = await this.plan(release);
    if (plan.kind === 'nothing') return { kind: 'unchanged' };
    const previous = await directory.current();
    await directory.write(release);
    await this.#ensureStateFile();
    const refusal = await this.#refusalOf(release);
    if (refusal !== null) {
      const needed = [previous, ...(await directory.hasRun())];
      if (!needed.includes(release.id)) await directory.remove(release.id);
      return { kind: 'refused', reason: refusal };
    }
    // From here on a crash leaves what runs unknown, and the next start reloads.
    await directory.noteApplied(null);
    await directory.switchTo(release.id);
    const outcome = await this.#bringIntoForce(release, plan, previous);
    if (outcome.kind === 'applied') await directory.noteApplied(release.id);
    await directory.prune(await directory.current(), previous);
    return outcome;
  }

  async #refusalOf({ id }: Release): Promise<string | null> {
    const { directory, program } = this.#parts;
    const { isValid, output, hasNameservers } = await checkConfiguration(program, directory.configurationOf(id));
    if (!isValid) return output;
    // A worker reads /etc/resolv.conf once, so it would never know the address of a new server.
    return hasNameservers ? null : NO_NAMESERVERS;
  }

  async #bringIntoForce(release: Release, plan: Plan, previous: string | null): Promise<Outcome> {
    try {
      let why = plan.kind === 'reload' ? plan.why : '';
      if (plan.kind === 'hot') {
        const refusal = await this.#takeSteps(release, plan);
        if (refusal === null) return { kind: 'applied', way: 'hot', why: '' };
        why = refusal;
      }
      const failure = await this.#reload(release);
      if (failure === null) return { kind: 'applied', way: 'reload', why };
      return await this.#rollBack(previous, failure);
    } catch (error) {
      if (error instanceof SocketFailure && error.isAbsent) return { kind: 'waiting' };
      return this.#rollBack(previous, reasonOf(error));
    }
  }

  /** @returns why it has to be a reload instead; null when all is done */
  async #takeSteps(release: Release, plan: Extract<Plan, { kind: 'hot' }>): Promise<string | null> {
    const { runtime } = this.#parts;
    try {
      for (const step of plan.steps) {
        switch (step.kind) {
          case 'new-certificate':
            await runtime.addCertificate(step.file);
            await runtime.replaceCertificate(step.file, step.pem);
            break;
          case 'certificate':
            await runtime.replaceCertificate(step.file, step.pem);
            break;
          case 'names':
            await runtime.changeCertificateList(step.file, step.added, step.removed);
            break;
          case 'old-certificate':
            await runtime.removeCertificate(step.file);
            break;
          case 'networks':
            await runtime.replaceNetworks(step.file, step.lines);
            break;
          case 'map':
            await runtime.replaceMap(step.file, step.lines);
        }
      }
      return await this.#miscount(release);
    } catch (error) {
      if (error instanceof RuntimeRefusal) return error.message;
      throw error;
    }
  }

  /** @returns what is wrong; null when the new worker runs this release */
  async #reload(release: Release): Promise<string | null> {
    await this.saveServerState();
    const { isDone, output } = await this.#parts.master.reload();
    if (!isDone) return output || 'HAProxy did not accept the configuration';
    return this.#miscount(release);
  }

  async #miscount(release: Release): Promise<string | null> {
    const { runtime } = this.#parts;
    const wanted = lineCounts(release);
    return (
      firstMiscount(wanted.map, await runtime.countLines('map')) ??
      firstMiscount(wanted.acl, await runtime.countLines('acl'))
    );
  }

  /** An unplanned restart would read what is current: so the link goes back first. */
  async #rollBack(previous: string | null, reason: string): Promise<Outcome> {
    const { directory, master } = this.#parts;
    // A release that was switched to while HAProxy was away may never have run.
    const earlier =
      (await newestIntact(directory, null)) ?? (previous === null ? null : await directory.read(previous));
    if (earlier === null) {
      await directory.unlinkCurrent();
      return { kind: 'rolled-back', reason: `${reason}; no earlier release exists` };
    }
    await directory.switchTo(earlier.id);
    try {
      // What runs now may hold a part of the new release.
      const { isDone, output } = await master.reload();
      if (isDone) await directory.noteApplied(earlier.id);
      return { kind: 'rolled-back', reason: isDone ? reason : `${reason}; and back: ${output}` };
    } catch (error) {
      return { kind: 'rolled-back', reason: `${reason}; and back: ${reasonOf(error)}` };
    }
  }

  /** So that a new worker knows the addresses and the health that the old one knew. Without an answer the file stays. */
  async saveServerState(): Promise<void> {
    const { runtime, stateFile } = this.#parts;
    const state = await runtime.serverState().catch((error: unknown) => {
      if (error instanceof RuntimeRefusal || error instanceof SocketFailure) return null;
      throw error;
    });
    if (state === null) return;
    await replaceFile(stateFile, state, 0o644);
  }

  /** HAProxy warns of one that is not there. */
  async #ensureStateFile(): Promise<void> {
    const { stateFile } = this.#parts;
    await makeDirectories(path.dirname(stateFile));
    await writeFile(stateFile, '1\n', { flag: 'wx' }).catch((error: unknown) => {
      if (codeOf(error) !== 'EEXIST') throw error;
    });
  }
}
