/** Which folders of pictures are one video: as `feltline add` goes by it. */

import type { PictureFolder } from './sendFolder';

/** A folder that was dropped, with what lies right in it and is no folder. */
export interface Looked {
  name: string;
  /** The folders that it lies in, outermost first, itself last. */
  path: readonly string[];
  videos: readonly File[];
  pictures: readonly File[];
}

const plain = (name: string) => name.normalize('NFC').toLowerCase();
const stemOf = (name: string) => name.replace(/\.[^.]*$/, '');

/** Whether names differ in their numbers only, as those of a sequence do. */
const isNumbered = (files: readonly File[]) =>
  files.length > 1 &&
  new Set(files.map(({ name }) => plain(name).replace(/\d+/g, '0'))).size === 1;

const isIn = (path: readonly string[], folder: readonly string[]) =>
  folder.every((name, i) => path[i] === name);

/**
 * The folders whose pictures are a sequence: not those that lie beside videos, are named
 * like videos, or lie in a folder above videos without being numbered.
 */
export function sequencesIn(all: readonly Looked[]): PictureFolder[] {
  const withVideos = all.filter(({ videos }) => videos.length > 0);
  const names = new Set(
    withVideos.flatMap(({ videos }) =>
      videos.flatMap(({ name }) => [plain(name), plain(stemOf(name))]),
    ),
  );
  return all
    .filter(({ path, videos, pictures }) => {
      if (pictures.length === 0 || videos.length > 0) return false;
      if (pictures.every(({ name }) => names.has(plain(stemOf(name))))) return false;
      const isAbove = withVideos.some((one) => isIn(one.path, path));
      return !isAbove || isNumbered(pictures);
    })
    .map(({ name, pictures }) => ({ name, files: pictures }));
}
