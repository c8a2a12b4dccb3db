/** Configs of a Swarm: small objects with a unique name that its managers keep (API 1.30). */
import * as v from 'valibot';
import { entriesOf } from '../core/shapes.js';
import { parsedAnswer } from './answer-shape.js';
import type { DockerConnection } from './connection.js';

/** Ten thousand configs without their content, or sixty with the largest one. */
const MAX_LIST_BYTES = 67_108_864;
const CALL_MS = 10_000;
const LIMITS = { maxBytes: MAX_LIST_BYTES, deadlineMs: CALL_MS };

const moment = v.pipe(
  v.string(),
  v.transform((text) => Date.parse(text)),
);

const created = v.object({ ID: v.string() });

const configs = v.array(
  v.pipe(
    v.object({
      ID: v.string(),
      Version: v.object({ Index: v.number() }),
      CreatedAt: moment,
      UpdatedAt: moment,
      Spec: v.looseObject({ Name: v.string(), Labels: v.nullish(entriesOf(v.string())) }),
    }),
    v.transform(({ ID: id, Version, CreatedAt, UpdatedAt, Spec }) => ({
      id,
      version: Version.Index,
      name: Spec.Name,
      labels: new Map(Spec.Labels ?? []),
      createdAt: CreatedAt,
      updatedAt: UpdatedAt,
    })),
  ),
);

const specs = v.array(v.object({ Spec: v.looseObject({}) }));

const clock = v.object({ SystemTime: moment });

/** `createdAt` and `updatedAt`: milliseconds since 1970, by the clock of the leading manager. */
export type SwarmConfig = v.InferOutput<typeof configs>[number] & { readonly spec: object };

/** @param spec with Name, Labels and Data. @returns its id. @throws DockerFailure */
export async function createConfig(connection: DockerConnection, spec: object, signal: AbortSignal): Promise<string> {
  const what = 'the creation of a config';
  const call = { method: 'POST', path: '/configs/create', what, body: spec, statuses: [201], ...LIMITS } as const;
  return parsedAnswer(what, created, (await connection.call(call, signal)).value).ID;
}

/** Those that have this label. @throws DockerFailure */
export async function listConfigs(
  connection: DockerConnection,
  label: string,
  signal: AbortSignal,
): Promise<readonly SwarmConfig[]> {
  const what = 'the list of configs';
  const path = `/configs?filters=${encodeURIComponent(JSON.stringify({ label: [label] }))}`;
  const { value } = await connection.call({ method: 'GET', path, what, ...LIMITS }, signal);
  const whole = parsedAnswer(what, specs, value);
  return parsedAnswer(what, configs, value).map((config, index) => ({ ...config, spec: whole[index]?.Spec ?? {} }));
}

/** Labels are all that can change of a config. @throws DockerFailure */
export async function updateConfig(
  connection: DockerConnection,
  { id, version }: Pick<SwarmConfig, 'id' | 'version'>,
  spec: object,
  signal: AbortSignal,
): Promise<void> {
  const path = `/configs/${encodeURIComponent(id)}/update?version=${version}`;
  await connection.call({ method: 'POST', path, what: 'the update of a config', body: spec, ...LIMITS }, signal);
}

/** One that is gone already counts as removed. @throws DockerFailure */
export async function removeConfig(connection: DockerConnection, id: string, signal: AbortSignal): Promise<void> {
  const call = {
    method: 'DELETE',
    path: `/configs/${encodeURIComponent(id)}`,
    what: 'the removal of a config',
  } as const;
  await connection.call({ ...call, statuses: [200, 204, 404], ...LIMITS }, signal);
}

/** Milliseconds since 1970, by the clock of the engine that is asked. @throws DockerFailure */
export async function engineTime(connection: DockerConnection, signal: AbortSignal): Promise<number> {
  const what = 'what the engine says of itself';
  const { value } = await connection.call({ method: 'GET', path: '/info', what, ...LIMITS }, signal);
  return parsedAnswer(what, clock, value).SystemTime;
}
