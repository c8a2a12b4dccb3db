/**
 * What an app, its instances and the neighbors are called where HAProxy's words are spoken: as in the configuration that
 * a node replaces. Pure.
 */
import type { App, Instance } from './app.js';

/**
 * The server of an instance: `shop_172.17.0.2`. An instance at another port than the app's `native_port` is
 * `shop_172.17.0.2:8081`: several may share an address, and the name of one never depends on the others.
 */
export function serverNameOf({ name, nativePort }: Pick<App, 'name' | 'nativePort'>, instance: Instance): string {
  return `${name}_${instance.port === nativePort ? instance.host : instance.id}`;
}

/** The backend of the neighbors: `shop_backup`, unless an app has that name. */
export function backupNameOf(app: string, isTaken: (name: string) => boolean): string {
  let name = `${app}_backup`;
  while (isTaken(name)) name += '_';
  return name;
}

/** The server of a neighbor: `shop_backup0`. @param index in the list of the two that take the bleed */
export function backupServerName(app: string, index: number): string {
  return `${app}_backup${index}`;
}
