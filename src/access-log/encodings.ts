/** Which bytes do not stand in a line as they are: 1 in the map. */

function mapOf(characters: string, hasControls: boolean): Uint8Array {
  const map = new Uint8Array(256);
  for (const character of characters) map[character.charCodeAt(0)] = 1;
  if (!hasControls) return map;
  map.fill(1, 0, 0x20);
  map.fill(1, 0x7f);
  return map;
}

/** Of what a client has written: HAProxy's two maps, for targets and for values of fields. */
export const TARGET_BYTES = mapOf('"#', true);
export const FIELD_BYTES = mapOf('"#{|}', true);
/** Of the flag +E: what would end a parameter of RFC 5424. */
export const ESCAPED_BYTES = mapOf('"\\]', false);
/** Of strings of JSON; those beyond ASCII are escaped, so that each reader takes the line with any bytes of a client. */
export const JSON_BYTES = mapOf('"\\', true);
