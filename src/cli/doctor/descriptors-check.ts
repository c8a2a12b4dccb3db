import { descriptorLimit, parseDescriptorLimit, raiseDescriptorLimit } from '../../core/descriptor-limit.js';
import { readWholeFile } from '../../core/whole-file.js';
import { clientsFor, descriptorsFor } from '../../proxy/limits/descriptor-budget.js';
import type { DoctorFacts } from './facts.js';
import { bad, type DoctorCheck, type Finding, ok, unknown, warn } from './finding.js';

const MAX_LIMITS_BYTES = 16_384;
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

/** By the very division that a worker makes. */
function judge(limit: number, { config, apps }: DoctorFacts): Finding {
  if (!Number.isFinite(limit)) return ok('a worker may have any number of open files');
  const { maxConnections, workers } = config;
  const slots = apps.length;
  const allowed = clientsFor(limit, slots);
  const wanted = maxConnections > 0 ? Math.ceil(maxConnections / workers) : 1;
  const needed = descriptorsFor(wanted, slots);
  const said = `a worker may have ${limit} open files: with ${slots} apps, ${allowed} clients at one time`;
  if (allowed === 0) return bad(`${said}; one client takes ${descriptorsFor(1, slots)}`, raiseDescriptorLimit(needed));
  if (allowed < wanted)
    return warn(
      `${said}; --max-connections ${maxConnections} over ${workers} workers takes ${needed}`,
      raiseDescriptorLimit(needed),
    );
  return maxConnections === 0 && limit < FEW ? warn(said, raiseDescriptorLimit(FEW)) : ok(said);
}
