import type { AppDefinition, EdgeDefinition } from '../src/model/app-definition.js';

/** An app with a way in. */
export interface EdgeApp extends AppDefinition {
  readonly edge: EdgeDefinition;
}
