import type { StateDocument } from '../admin/state-document.js';
import { CommandFailure } from './exit-codes.js';

/** @throws CommandFailure that names the apps that there are */
export function withAppOnly(state: StateDocument, name: string | undefined): StateDocument {
  if (name === undefined) return state;
  const apps = state.apps.filter((app) => app.name === name);
  if (apps.length > 0) return { ...state, apps, problems: state.problems.filter(({ app }) => app === name) };
  const known = state.apps.map((app) => app.name).join(', ') || 'none';
  throw new CommandFailure(`this node has no app ${name}`, `it has: ${known}`);
}
