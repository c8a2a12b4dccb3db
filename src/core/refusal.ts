/** Why a written value is not taken, and what to write instead. Values are refused, never cleaned. */
export interface Refusal {
  readonly message: string;
  readonly hint: string;
}

export function isRefusal(value: object): value is Refusal {
  return 'message' in value && 'hint' in value;
}
