/** What is answered to a request; no socket here. */
export interface Answer {
  readonly status: number;
  readonly contentType: string;
  /** In parts where it is large and they are bytes already. */
  readonly body: string | readonly Uint8Array[];
  readonly fields?: Readonly<Record<string, string>>;
}

export function jsonAnswer(status: number, document: unknown): Answer {
  return { status, contentType: 'application/json; charset=utf-8', body: `${JSON.stringify(document)}\n` };
}

export function textAnswer(status: number, text: string, fields: Answer['fields'] = {}): Answer {
  return { status, contentType: 'text/plain; charset=utf-8', body: `${text}\n`, fields };
}
