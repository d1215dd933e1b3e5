/** The browser's local storage, which may be full or switched off. */

/** False if the text could not be kept. */
export function store(storage: Storage, key: string, text: string): boolean {
  try {
    storage.setItem(key, text);
    return true;
  } catch {
    return false;
  }
}

/** The value kept under a key; null if there is none, or none that can be read. */
export function stored<T>(storage: Storage, key: string): T | null {
  try {
    return JSON.parse(storage.getItem(key) ?? 'null') as T | null;
  } catch {
    return null;
  }
}
