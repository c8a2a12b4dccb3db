import { Command, InvalidArgumentError } from 'commander';
import type { EdgeApp } from '../../../edge/edge-app.js';
import { findRoutes } from '../../../edge/routes/find-app.js';
import { refusalOfRequest } from '../../../edge/routes/refused-requests.js';
import { routedPath } from '../../model/path-spelling.js';
import { formatOrigin } from '../../model/problem.js';
import type { OwnedRoute } from '../../model/route-clashes.js';
import { describeRoute } from '../../model/route-key.js';
import type { CommandContext } from '../command-context.js';
import { EXIT_CODES } from '../exit-codes.js';
import { printLines } from '../terminal.js';
import { lastGoodFor } from './installation.js';
import { addStateDirOption, type InstallationOptionValues } from './installation-options.js';
import { addEdgeOptions, type EdgeOptionValues, problemLines, renderFrom } from './rendering.js';

interface EdgeRouteOptions extends EdgeOptionValues, InstallationOptionValues {
  readonly json?: true;
}

interface Asked {
  readonly host: string;
  readonly path: string;
}

export function createEdgeRouteCommand(context: CommandContext): Command {
  const { terminal, finish } = context;
  const command = new Command('route')
    .description('show which app gets a request, by which route, and which other routes match it too')
    .argument('<URL>', 'host and path: shop.one.example/checkout, or https://shop.one.example/checkout', urlArgument)
    .option('--json', 'one JSON document for programs')
    .addHelpText(
      'after',
      [
        '',
        'Nothing is asked of HAProxy: this is the order that its maps are made by. Exit code 2 when no app gets it.',
        '',
        'Example:',
        '  autoproxy edge route shop.one.example/checkout --registry ./apps --site edge.yml',
      ].join('\n'),
    );
  return addStateDirOption(addEdgeOptions(command)).action(async (asked: Asked, options: EdgeRouteOptions) => {
    const current = await lastGoodFor(options, context);
    const { apps, refused, problems } = await renderFrom(options, context, current);
    const refusal = refusalOfRequest(asked.host, asked.path);
    const routes = refusal === null ? findRoutes(apps, asked.host, routedPath(asked.path)) : [];
    const shut =
      refusal === null && routes.length === 0 ? findRoutes(apps.map(opened), asked.host, routedPath(asked.path)) : [];
    const document = { ...asked, refusal, routes: routes.map(routeDocument), shut: shut.map(routeDocument), refused };
    if (options.json) terminal.print(JSON.stringify(document, null, 2));
    else printLines(terminal, [...routeLines(asked, refusal, routes), ...shut.map(shutLine)]);
    // An app that is refused may be the one that was looked for.
    for (const line of problemLines(problems.filter(({ severity }) => severity === 'error'))) terminal.warn(line);
    if (routes.length === 0) finish(EXIT_CODES.different);
  });
}

/** As HAProxy is asked: the name without port and without a dot at its end, the path as it stands, without the query. */
function urlArgument(written: string): Asked {
  const [, name, rest = ''] = /^(?:https?:\/\/)?([^/?#:]+?)\.?(?::\d+)?(\/[^?#]*)?(?:[?#].*)?$/i.exec(written) ?? [];
  if (name === undefined) throw new InvalidArgumentError('write a host and a path, such as shop.one.example/checkout.');
  return { host: name.toLowerCase(), path: rest === '' ? '/' : rest };
}

function routeLines({ host, path }: Asked, refusal: string | null, routes: readonly OwnedRoute[]): readonly string[] {
  if (refusal !== null) return [`${host}${path}: ${refusal}; the answer is 400`];
  const [first, ...others] = routes;
  if (first === undefined) return [`${host}${path}: no app; the answer is 404`];
  const lineOf = ({ app, route }: OwnedRoute): string =>
    `${app}: ${describeRoute(route)}, ${formatOrigin(route.origin)}`;
  return [lineOf(first), ...others.map((other) => `  also: ${lineOf(other)}`)];
}

/** As if it got requests. */
function opened(app: EdgeApp): EdgeApp {
  return { ...app, edge: { ...app.edge, heldPods: [], isClosed: false } };
}

function shutLine({ app, route }: OwnedRoute): string {
  return `  ${app} has the route ${describeRoute(route)}, and gets no requests: "hold" or "closed" in its definition`;
}

function routeDocument({ app, route }: OwnedRoute): unknown {
  const { location: file, line, col } = route.origin;
  return { app, route: describeRoute(route), file, line, col };
}
