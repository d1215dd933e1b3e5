/** Answers kept for a while, so that what was fetched ahead is there at once. */

interface Entry<T> {
  promise: Promise<T>;
  value?: T;
}

export class Cache<T> {
  private readonly entries = new Map<string, Entry<T>>();

  constructor(
    private readonly load: (key: string) => Promise<T>,
    private readonly limit: number,
  ) {}

  /** The value if it has arrived. */
  peek(key: string): T | undefined {
    return this.entries.get(key)?.value;
  }

  /** The value, fetched at most once; a failure is not kept. */
  get(key: string): Promise<T> {
    const known = this.entries.get(key);
    if (known) {
      this.entries.delete(key);
      this.entries.set(key, known);
      return known.promise;
    }
    const entry: Entry<T> = { promise: this.load(key) };
    entry.promise.then(
      (value) => {
        entry.value = value;
      },
      () => {
        if (this.entries.get(key) === entry) this.entries.delete(key);
      },
    );
    this.entries.set(key, entry);
    this.trim();
    return entry.promise;
  }

  /** Puts a value in place of the one that is kept, if one is. */
  replace(key: string, change: (value: T) => T): void {
    const known = this.entries.get(key)?.value;
    if (known === undefined) return;
    const value = change(known);
    this.entries.set(key, { promise: Promise.resolve(value), value });
  }

  drop(key: string): void {
    this.entries.delete(key);
  }

  /** Forgets everything. */
  dropAll(): void {
    this.entries.clear();
  }

  private trim(): void {
    for (const key of this.entries.keys()) {
      if (this.entries.size <= this.limit) return;
      this.entries.delete(key);
    }
  }
}
