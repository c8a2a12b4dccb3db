import { formatProblem } from '../../model/problem.js';
import { bad, type DoctorCheck, type Finding, ok, unknown, warn } from './finding.js';

/** Whether a node runs, and what it says is wrong. */
export const nodeCheck: DoctorCheck = {
  name: 'node',
  look: async ({ state, admin, question, warnings }) => {
    const ofOptions = warnings.map((problem) => warn(formatProblem(problem), 'correct the option, or leave it out'));
    if (state === null) {
      const text = `${question.text}; the options and files of this machine alone were looked at`;
      return [unknown(text, question.todo), ...ofOptions];
    }
    const { node, status, notReady, problems, sources } = state;
    const health: Finding =
      status === 'ready' || notReady === null
        ? ok(`node ${node} at ${admin} is ${status}`)
        : bad(`node ${node} at ${admin} is not ready: ${notReady}`, 'see: autoproxy status');
    const down = sources
      .filter(({ up }) => !up)
      .map(({ name, failure: why }) =>
        bad(
          `source ${name} cannot be read: ${why ?? 'the node does not say why'}`,
          'what was last read is served on; see the log',
        ),
      );
    const said = problems.map((problem) => {
      const todo = problem.hint ?? 'see: autoproxy status';
      const text = formatProblem({ ...problem, hint: null });
      return problem.severity === 'error' ? bad(text, todo) : warn(text, todo);
    });
    return [health, ...down, ...said, ...ofOptions];
  },
};
