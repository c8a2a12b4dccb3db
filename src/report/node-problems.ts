/** What is wrong with a node: in what people wrote, in what it needs, in itself. */
import type { ControlPlane } from '../control/control-plane.js';
import type { DescriptorWatch } from '../control/descriptor-watch.js';
import type { RestartOptions } from '../control/restart-options.js';
import type { UnexpectedErrors } from '../control/unexpected-errors.js';
import type { Problem } from '../model/problem.js';
import type { Registrar } from '../registrar/registrar.js';
import type { KeptState } from './kept-state.js';

export interface ProblemParts {
  readonly unexpected: UnexpectedErrors;
  readonly descriptors: DescriptorWatch;
  readonly kept: KeptState;
  readonly restartOptions: RestartOptions;
  readonly plane: ControlPlane;
  readonly registrar: Registrar | null;
}

/** Those of the node itself first. */
export function nodeProblems({
  unexpected,
  descriptors,
  kept,
  restartOptions,
  plane,
  registrar,
}: ProblemParts): readonly Problem[] {
  return [
    ...unexpected.problems(),
    ...descriptors.problems(),
    ...kept.problems(),
    ...restartOptions.problems(),
    ...plane.problems,
    ...(registrar?.state.problems ?? []),
  ];
}
