/** Requests that the `consul` package has no call for, or drops fields of: it sends no weights, and knows no query by hash. */
import type Consul from 'consul';
import type { CallOptions } from './connection.js';
import type { PackageRequest } from './consul-package.js';

interface PackageRaw {
  _get(request: RawRequest, end: RawEnd): Promise<unknown>;
  _put(request: RawRequest, end: RawEnd): Promise<unknown>;
}

interface RawRequest {
  readonly name: string;
  readonly path: string;
  readonly params: object;
  readonly query: object;
  readonly headers: object;
  readonly ctx: object;
  readonly timeout: number;
  readonly type?: 'json';
  readonly body?: unknown;
}

type RawEnd = (request: PackageRequest, next: (isError: false, error?: unknown, result?: unknown) => void) => void;

/** What a request of `callRaw` says. */
export interface RawCall {
  readonly method: 'GET' | 'PUT';
  /** Behind /v1; `{id}` stands for the parameter of that name. */
  readonly path: string;
  readonly params?: { readonly id: string };
  readonly query?: { readonly hash?: string; readonly wait?: string };
  /** Sent as JSON, as it is. */
  readonly body?: unknown;
}

/** To be called by `ConsulConnection.call`, as the calls of the package are. */
export function callRaw(consul: Consul, call: RawCall, options: CallOptions): Promise<unknown> {
  const { method, path, params = {}, query = {}, body } = call;
  const { ctx, timeout, token, dc } = options;
  const request: RawRequest = {
    name: path,
    path,
    params,
    query: { ...query, ...(dc === undefined ? {} : { dc }) },
    headers: token === undefined ? {} : { 'x-consul-token': token },
    ctx,
    timeout,
    ...(body === undefined ? {} : { type: 'json', body }),
  };
  const raw = consul as Consul & PackageRaw;
  const end: RawEnd = ({ res, err }, next) => {
    if (err === undefined) next(false, undefined, [res, res?.body]);
    else next(false, Object.assign(err, res === undefined ? {} : { response: res }));
  };
  return method === 'GET' ? raw._get(request, end) : raw._put(request, end);
}
