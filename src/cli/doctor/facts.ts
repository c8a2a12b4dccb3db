/** What the checks of `doctor` look at: the options, the node that runs with them, and the apps of either. */
import type { ConfigDocument } from '../../admin/config-document.js';
import type { StateDocument } from '../../admin/state-document.js';
import type { Config } from '../../config/config.js';
import { loadConfig } from '../../config/load.js';
import { ConfigError, hostInputs } from '../../config/option-places.js';
import { createKeyedObject } from '../../core/keyed-object.js';
import { reasonOf } from '../../core/thrown.js';
import type { App } from '../../model/app.js';
import type { Problem } from '../../model/problem.js';
import { type AdminOptionValues, askNode, NodeNotAsked, TokenRefused } from '../admin-option.js';
import { reachableAt } from '../admin-target.js';
import { checkServices } from '../check.js';
import { CommandFailure } from '../exit-codes.js';

export interface DoctorFacts {
  readonly config: Config;
  /** What is odd in the options. */
  readonly warnings: readonly Problem[];
  /** null: no node told it. */
  readonly state: StateDocument | null;
  readonly question: Question;
  /** Of the admin API. */
  readonly admin: string;
  readonly apps: readonly DoctorApp[];
}

export interface DoctorApp extends Pick<App, 'name' | 'slot'> {
  /** null: as the node says. */
  readonly acceptProxy: boolean | null;
  readonly nativePort: number | null;
  readonly instances: readonly DoctorInstance[];
}

/** Whether a node was asked for its state, and what came of it. */
interface Question {
  readonly wasAsked: boolean;
  /** `asked a node at ADDR:PORT: …`, or `asked no node: …` */
  readonly text: string;
  /** null: it told its state. */
  readonly todo: string | null;
}

interface DoctorInstance {
  readonly id: string;
  /** null: no node says. */
  readonly health: 'up' | 'down' | 'unchecked' | null;
}

/**
 * @throws TokenRefused by a node that asks for another token
 * @throws CommandFailure when no node told its options and those of this machine would be refused
 */
export async function gatherFacts(options: AdminOptionValues, env: NodeJS.ProcessEnv): Promise<DoctorFacts> {
  const admin = await reachableAt(options.admin);
  const node = await askNode(options, async (client) => ({
    state: await client.readState(),
    config: await client.readConfig(),
  })).catch((error: unknown) => failedQuestion(error, admin));
  const isSilent = 'wasAsked' in node;
  const { config, warnings } = isSilent ? configHere(env, saidOf(node, options)) : configOf(node.config, env, admin);
  const written = await checkServices(config.servicesDir, config.admin.port).catch(() => null);
  const state = isSilent ? null : node.state;
  const answered = { wasAsked: true, text: `asked a node at ${admin}: it answers`, todo: null };
  return {
    ...{ config, warnings, state, admin },
    question: isSilent ? node : answered,
    apps: state === null ? (written?.apps ?? []).map(writtenApp) : servedApps(state, written?.apps ?? []),
  };
}

function failedQuestion(error: unknown, admin: string): Question {
  // One answers: its options are not those of here.
  if (error instanceof TokenRefused) throw error;
  const wasAsked = !(error instanceof NodeNotAsked);
  const text = `${wasAsked ? `asked a node at ${admin}` : 'asked no node'}: ${reasonOf(error)}`;
  return { text, wasAsked, todo: error instanceof CommandFailure ? error.hint : null };
}

/** In front of the mistakes in the options, which are the reason where they hide the place of the node. */
function saidOf({ text }: Question, { admin: { doubt } }: AdminOptionValues): string {
  return doubt === null ? text : 'asked no node: where it is cannot be read';
}

/** @param said what came of asking a node; @throws CommandFailure with each mistake */
function configHere(env: NodeJS.ProcessEnv, said: string) {
  try {
    return loadConfig(hostInputs({}, env));
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    throw new CommandFailure(
      `${said}; no node would start with the options of this machine\n${error.message}`,
      'correct them, or name a node that runs: --admin ADDR:PORT or --admin unix:/PATH',
    );
  }
}

/** That of the node that runs; a secret is not told, so the one of this environment stands in for it. */
function configOf(document: ConfigDocument, env: NodeJS.ProcessEnv, admin: string) {
  const flags = createKeyedObject(
    document.options.flatMap(({ name, value, isSecret }) =>
      isSecret || value === null ? [] : [[name, value] as const],
    ),
  );
  try {
    return loadConfig({ ...hostInputs(flags, env), defaultFile: '' });
  } catch (error) {
    // A node of another release may have options that are unknown here.
    if (!(error instanceof ConfigError)) throw error;
    return configHere(env, `the node at ${admin} answers, with options that this release does not read`);
  }
}

function writtenApp({ name, slot, acceptProxy, nativePort, instances }: App): DoctorApp {
  return { name, slot, acceptProxy, nativePort, instances: instances.map(({ id }) => ({ id, health: null })) };
}

function servedApps(state: StateDocument, written: readonly App[]): readonly DoctorApp[] {
  const byName = new Map(written.map((app) => [app.name, app]));
  return state.apps.map(({ name, slot, instances }) => ({
    ...{ name, slot },
    acceptProxy: byName.get(name)?.acceptProxy ?? null,
    nativePort: byName.get(name)?.nativePort ?? null,
    instances: instances.map(({ id, health }) => ({ id, health })),
  }));
}
