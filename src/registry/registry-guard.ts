import { FileGuardHeld, withFileGuard } from '../core/file-guard.js';
import { RegistryFailure } from './registry.js';

/** `withFileGuard` of core, its failure as one of the registry. @throws RegistryFailure */
export async function withRegistryGuard<T>(file: string, change: () => Promise<T>): Promise<T> {
  try {
    return await withFileGuard(file, change);
  } catch (error) {
    if (error instanceof FileGuardHeld) throw new RegistryFailure(error.message, error.hint, error);
    throw error;
  }
}
