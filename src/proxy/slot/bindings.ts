import type { StickySnapshot } from '../../snapshot/snapshot.js';
import type { Instance } from './instance.js';
import { StickyCookie } from './sticky.js';

/** Which instance a client's cookie stands for. */
export class Bindings {
  /** Null: no client is bound to an instance. */
  cookie: StickyCookie | null = null;
  readonly #byStickyId = new Map<string, Instance>();

  /** @param instances those of the slot */
  apply(sticky: StickySnapshot | null, instances: Iterable<Instance>): void {
    if (this.cookie === null ? sticky === null : this.cookie.isOf(sticky)) return;
    this.cookie = sticky === null ? null : new StickyCookie(sticky);
    this.#byStickyId.clear();
    for (const instance of instances) this.bind(instance);
  }

  /** One HMAC an instance, and none a request. An instance that was bound as another life is bound anew. */
  bind(instance: Instance): void {
    if (this.cookie === null) return;
    this.forget(instance);
    instance.stickyId = this.cookie.idOf(instance.id, instance.life);
    this.#byStickyId.set(instance.stickyId, instance);
  }

  forget(instance: Instance): void {
    this.#byStickyId.delete(instance.stickyId);
  }

  /** @returns null when there is no such instance */
  instanceOf(stickyId: string): Instance | null {
    return this.#byStickyId.get(stickyId) ?? null;
  }

  /** @returns the value in the cookies that stands for an instance; empty when none does */
  idIn(cookies: string): string {
    if (this.cookie === null || cookies === '') return '';
    // The instance's own text of it: a piece of the cookies holds the head that they came with.
    return this.#byStickyId.get(this.cookie.idIn(cookies, this.#byStickyId))?.stickyId ?? '';
  }
}
