/**
 * The public API: a data plane that runs from a snapshot alone, and a whole node that runs from its options.
 *
 *   const plane = createDataPlane({ log: silentLog });
 *   const shop = createSlot({ app: 'shop', port: 21034, instances: [createInstance({ host: '172.17.0.2', port: 8080 })] });
 *   await plane.apply(createSnapshot({ bind: '127.0.0.1', slots: [shop] }));
 *
 *   process.exitCode = await runNode(loadConfig(hostInputs({ 'services-dir': './services' }, process.env)).config);
 */
export type { Config } from './config/config.js';
export { loadConfig } from './config/load.js';
export { ConfigError, type ConfigInputs, hostInputs, type LoadedConfig } from './config/option-places.js';
export { type Clock, type Random, systemClock, type Timer } from './core/clock.js';
export { createLog, type Log, silentLog } from './core/log.js';
export type { LogFormat, LogLevel } from './core/log-levels.js';
export type { SlotCounters, WorkerCounters } from './metrics/counters.js';
export type { InstanceCounters } from './metrics/instance-counters.js';
export { runPrimary as runNode } from './primary.js';
export { createDataPlane, type DataPlane, type DataPlaneOptions } from './proxy/data-plane.js';
export { createInstance, createNeighbor, createSlot, createSnapshot } from './snapshot/create-snapshot.js';
export type { InstanceSnapshot, NeighborSnapshot, SlotSnapshot, Snapshot } from './snapshot/snapshot.js';
