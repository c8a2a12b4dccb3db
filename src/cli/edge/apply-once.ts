/** Registry and site brought into force in the HAProxy of this machine, once. */
import type { Outcome } from '../../../edge/apply/apply.js';
import type { Problem } from '../../model/problem.js';
import { RegistryFailure } from '../../registry/registry.js';
import type { CommandContext } from '../command-context.js';
import { CommandFailure, EXIT_CODES, type ExitCode } from '../exit-codes.js';
import { installationFrom, lastGoodFor } from './installation.js';
import type { InstallationOptionValues } from './installation-options.js';
import { type EdgeOptionValues, renderFrom } from './rendering.js';
import { startingPlace } from './starting-place.js';

interface AppliedEdge {
  readonly release: string;
  readonly served: readonly string[];
  readonly refused: readonly string[];
  readonly problems: readonly Problem[];
  readonly outcome: Outcome;
  readonly masterSocket: string;
}

/** @throws CommandFailure when site or registry are unreadable, or another program applies and does not end */
export async function applyEdgeOnce(
  options: EdgeOptionValues & InstallationOptionValues,
  context: CommandContext,
): Promise<AppliedEdge> {
  const current = await lastGoodFor(options, context);
  const { place, moved } = await startingPlace(options);
  const kept = moved === null ? null : place;
  const { release, served, refused, problems } = await renderFrom(options, context, current, null, kept);
  const { applier, masterSocket } = await installationFrom(options, place, context);
  const outcome = await applier.apply(release).catch((error: unknown) => {
    if (error instanceof RegistryFailure) throw new CommandFailure(error.message, error.hint);
    throw error;
  });
  return { release: release.id, served, refused, problems, outcome, masterSocket };
}

export function outcomeText({ release, outcome, masterSocket }: AppliedEdge): string {
  switch (outcome.kind) {
    case 'unchanged':
      return `release ${release} is in force already`;
    case 'applied':
      return outcome.way === 'hot'
        ? `release ${release} is in force; HAProxy took it without a reload`
        : `release ${release} is in force, by a reload (${outcome.why})`;
    case 'waiting':
      return `release ${release} is written; HAProxy does not run (nothing listens at ${masterSocket}), and begins with it`;
    case 'refused':
      return `release ${release} is refused by HAProxy, and nothing was changed:\n${outcome.reason}`;
    case 'rolled-back':
      return `release ${release} did not work and was rolled back: ${outcome.reason}`;
  }
}

export function exitCodeOf({ outcome: { kind } }: AppliedEdge): ExitCode {
  if (kind === 'refused') return EXIT_CODES.failed;
  return kind === 'rolled-back' ? EXIT_CODES.rolledBack : EXIT_CODES.done;
}
