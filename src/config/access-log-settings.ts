import type { Config } from './config.js';

/** What workers are told of the access log. @returns null for none */
export function accessLogSettings(config: Config) {
  const { accessLog: target, accessLogFormat: format } = config;
  if (target === null) return null;
  return {
    ...{ target, format },
    ...{ requestCaptures: config.accessLogCapture, responseCaptures: config.accessLogCaptureResponse },
  };
}
