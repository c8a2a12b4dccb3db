import { descriptorLimit, parseDescriptorLimit } from '../../core/descriptor-limit.js';
import { readWholeFile } from '../../core/whole-file.js';
import type { DoctorFacts } from './facts.js';
import { type DoctorCheck, type Finding, ok, unknown, warn } from './finding.js';

const MAX_LIMITS_BYTES = 16_384;
/** A client and its instance. */
const PER_CLIENT = 2;
/** Listeners, logs, channels. */
const BESIDE_CLIENTS = 256;
/** Five thousand clients of a worker are a quiet node. */
const FEW = 10_240;

/** How many files, and so connections, a worker may have. */
export const descriptorsCheck: DoctorCheck = {
  name: 'descriptors',
  look: async (facts) => {
    const limits = await limitsOf(facts);
    if (limits.length === 0)
      return [unknown('the limits of the workers cannot be read: they run elsewhere, or as another user')];
    const least = Math.min(...limits);
    return [judge(least, facts)];
  },
};

async function limitsOf({ state }: DoctorFacts): Promise<readonly number[]> {
  if (state === null) return [descriptorLimit()];
  const texts = await Promise.all(
    state.workers.map(({ pid }) => readWholeFile(`/proc/${pid}/limits`, MAX_LIMITS_BYTES).catch(() => null)),
  );
  return texts.flatMap((text) => (text === null ? [] : [parseDescriptorLimit(text)]));
}

function judge(limit: number, { config, state }: DoctorFacts): Finding {
  const whose = state === null ? 'this shell, and a node started from it, may' : 'a worker may';
  const said = `${whose} have ${Number.isFinite(limit) ? `${limit} open files` : 'any number of open files'}`;
  const { maxConnections, workers } = config;
  const needed = Math.ceil((maxConnections / workers) * PER_CLIENT) + BESIDE_CLIENTS;
  const todo = (files: number): string =>
    `raise the limit: LimitNOFILE=${files} in the unit, --ulimit nofile=${files} of docker run, or ulimit -n ${files}`;
  if (maxConnections > 0 && limit < needed)
    return warn(`${said}; --max-connections ${maxConnections} over ${workers} workers needs ${needed}`, todo(needed));
  if (maxConnections === 0 && limit < FEW)
    return warn(
      `${said}: some ${Math.floor((limit - BESIDE_CLIENTS) / PER_CLIENT)} clients of each worker`,
      todo(65_536),
    );
  return ok(said);
}
