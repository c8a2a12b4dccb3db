/**
 * The text that Prometheus reads: its own format 0.0.4, or OpenMetrics 1.0.0 for who asks for it. They differ in the name of
 * a counter's family (OpenMetrics has it without `_total`), in the end, and in what may stand in HELP.
 */
export type ExpositionFormat = 'text' | 'openmetrics';

export const EXPOSITION_CONTENT_TYPES: Readonly<Record<ExpositionFormat, string>> = {
  text: 'text/plain; version=0.0.4; charset=utf-8',
  openmetrics: 'application/openmetrics-text; version=1.0.0; charset=utf-8',
};

/** @param accept the field of the request; the format that it likes better, and 0.0.4 where it likes both as much */
export function formatAskedFor(accept: string | undefined): ExpositionFormat {
  let openMetrics = 0;
  let text = 0;
  for (const range of (accept ?? '').split(',')) {
    const [type = '', ...parameters] = range.split(';').map((part) => part.trim().toLowerCase());
    const value = parameters.find((parameter) => parameter.startsWith('q='))?.slice(2);
    const quality = value === undefined ? 1 : Number(value) || 0;
    const version = parameters.find((parameter) => parameter.startsWith('version='))?.slice(8);
    if (type === 'application/openmetrics-text') {
      // 0.0.1 is the draft that Prometheus 2 asks for beside 1.0.0; what is here is valid in both.
      if (version === undefined || version === '1.0.0' || version === '0.0.1')
        openMetrics = Math.max(openMetrics, quality);
    } else if (type === 'text/plain' || type === 'text/*' || type === '*/*') {
      text = Math.max(text, quality);
    }
  }
  return openMetrics > text ? 'openmetrics' : 'text';
}
