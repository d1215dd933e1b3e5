/** Pictures whose coming a test decides on. */

import { vi } from 'vitest';

export class Picture {
  static all: Picture[] = [];

  static of(frame: number): Picture | undefined {
    const asked = Picture.all.filter(({ src }) =>
      src.includes(`/frames/${frame}/crop`),
    );
    return asked.at(-1);
  }

  fetchPriority = 'auto';
  complete = false;
  src = '';
  private readonly listeners: [string, () => void][] = [];

  constructor() {
    Picture.all.push(this);
  }

  addEventListener(name: string, listener: () => void): void {
    this.listeners.push([name, listener]);
  }

  comes(): void {
    this.complete = true;
    this.tell('load');
  }

  fails(): void {
    this.tell('error');
  }

  private tell(what: string): void {
    for (const [name, listener] of this.listeners) if (name === what) listener();
  }
}

/** Puts them in the place of the browser's, none of them asked for yet. */
export function pictures(): void {
  Picture.all = [];
  vi.stubGlobal('Image', Picture);
}

export const framesAsked = () =>
  Picture.all.map(({ src }) => Number(src.match(/frames\/(\d+)\//)?.[1]));
