import type { Runtime } from 'node:inspector';
import { Session } from 'node:inspector/promises';

const HOLDER = 'the object whose state is asked for';
/** What leads deeper leads out of the object. */
const DEEPEST = 6;

/**
 * What an object holds, and what those objects hold, private fields too: each value by its path.
 * @param shared names of fields that lead to what is not its own
 */
export async function stateOf(object: object, shared: ReadonlySet<string>): Promise<ReadonlyMap<string, string>> {
  const session = new Session();
  session.connect();
  Reflect.set(globalThis, HOLDER, object);
  try {
    const state = new Map<string, string>();
    const { result } = await session.post('Runtime.evaluate', { expression: `globalThis['${HOLDER}']` });
    await addState(session, result, '', shared, state);
    return state;
  } finally {
    Reflect.deleteProperty(globalThis, HOLDER);
    session.disconnect();
  }
}

interface Properties extends Runtime.GetPropertiesReturnType {
  readonly privateProperties?: Runtime.PropertyDescriptor[];
}

async function addState(
  session: Session,
  { objectId = '' }: Runtime.RemoteObject,
  path: string,
  shared: ReadonlySet<string>,
  into: Map<string, string>,
): Promise<void> {
  const properties = await session.post('Runtime.getProperties', { objectId, ownProperties: true });
  // Its types do not know them yet.
  const { result, privateProperties = [] } = properties as Properties;
  for (const { name, value } of [...result, ...privateProperties]) {
    if (value === undefined || value.type === 'function' || name === '__proto__' || shared.has(name)) continue;
    const place = `${path}${name}`;
    if (place.split('.').length > DEEPEST) throw new Error(`it leads too far: ${place}`);
    if (value.type !== 'object' || value.subtype === 'null') {
      into.set(place, `${value.type} ${JSON.stringify(value.value) ?? value.description}`);
    } else if (value.subtype === undefined) {
      into.set(place, `<${value.className}>`);
      await addState(session, value, `${place}.`, shared, into);
    } else {
      into.set(place, `<${value.className} ${value.description}>`);
    }
  }
}
