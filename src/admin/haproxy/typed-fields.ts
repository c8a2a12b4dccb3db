/** HAProxy's two ways to write a value with its kind: `show ... json` and `show ... typed`. Pure. */
import { COLUMNS } from './columns.js';
import type { Row, Value } from './row-values.js';

export interface TypedField {
  /** Its place among all that HAProxy has. */
  readonly pos: number;
  readonly name: string;
  /** Origin, nature and scope, one letter each. */
  readonly tags: string;
  readonly type: 'str' | 'u32' | 'u64' | 's32';
  readonly value: string | number;
}

const ORIGINS = new Map([
  ['M', 'Metric'],
  ['S', 'Status'],
  ['K', 'Key'],
  ['C', 'Config'],
  ['P', 'Product'],
]);
const NATURES = new Map([
  ['G', 'Gauge'],
  ['L', 'Limit'],
  ['m', 'Min'],
  ['M', 'Max'],
  ['R', 'Rate'],
  ['C', 'Counter'],
  ['D', 'Duration'],
  ['A', 'Age'],
  ['T', 'Time'],
  ['N', 'Name'],
  ['O', 'Output'],
  ['a', 'Avg'],
]);
const SCOPES = new Map([
  ['C', 'Cluster'],
  ['P', 'Process'],
  ['S', 'Service'],
  ['s', 'System'],
]);

/** The columns of a row that are not empty. */
export function fieldsOf({ kind, values }: Row): readonly TypedField[] {
  return COLUMNS.flatMap(({ name, tags, type }, pos) => {
    const value: Value = values[name] ?? null;
    if (value === null) return [];
    // Of a server it is a fact of its configuration, of a backend a sum.
    const isSum = kind === 'Backend' && (name === 'act' || name === 'bck');
    return [{ pos, name, tags: isSum ? 'MGP' : tags, type, value }];
  });
}

export function jsonOf({ pos, name, tags, type, value }: TypedField) {
  const [origin = '', nature = '', scope = ''] = tags;
  return {
    field: { pos, name },
    processNum: 1,
    tags: { origin: ORIGINS.get(origin), nature: NATURES.get(nature), scope: SCOPES.get(scope) },
    value: { type, value },
  };
}

export function formatJson(rows: readonly Row[]): string {
  const lists = rows.map((row) => {
    const { kind: objType, proxyId, id } = row;
    return fieldsOf(row).map((field) => ({ objType, proxyId, id, ...jsonOf(field) }));
  });
  return `${JSON.stringify(lists)}\n`;
}

/** `S.21034.1.17.status.1:SGP:str:UP`, one line a value. */
export function formatTyped(rows: readonly Row[]): string {
  return rows.map((row) => `${fieldsOf(row).map(typedLineOf(row)).join('\n')}\n`).join('');
}

function typedLineOf({ kind, proxyId, id }: Row): (field: TypedField) => string {
  const place = `${kind.charAt(0)}.${proxyId}.${id}`;
  return ({ pos, name, tags, type, value }) => `${place}.${pos}.${name}.1:${tags}:${type}:${value}`;
}
