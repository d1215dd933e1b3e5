/** Files and folders that are dropped onto the page, wherever that is. */

import { signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { announce } from '../state/announcements';
import { may } from '../state/session';
import { sideSheet } from '../state/ui';
import { type Looked, sequencesIn } from './folderRules';
import type { PictureFolder } from './sendFolder';
import { addFiles, isPicture, isVideo } from './uploads';

/** True while files are held over the page. */
export const isOverPage = signal(false);

export interface Found {
  files: File[];
  /** Folders of pictures, each of which is one video. */
  folders: PictureFolder[];
  /** Files inside folders that are neither videos nor pictures of one. */
  passedOver: number;
}

const fileOf = (entry: FileSystemFileEntry) =>
  new Promise<File>((resolve, reject) => entry.file(resolve, reject));

/** A reader gives some at a time, and none once all were given. */
async function entriesOf(folder: FileSystemDirectoryEntry): Promise<FileSystemEntry[]> {
  const reader = folder.createReader();
  const all: FileSystemEntry[] = [];
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) =>
      reader.readEntries(resolve, reject),
    );
    if (some.length === 0) return all.sort((a, b) => a.name.localeCompare(b.name));
    all.push(...some);
  }
}

const isHidden = (name: string) =>
  name.startsWith('.') || name === '__MACOSX' || name === '@eaDir';

/** Looks through a folder and those in it; counts what is neither video nor picture. */
async function lookThrough(
  folder: FileSystemDirectoryEntry,
  above: readonly string[],
  looked: Looked[],
): Promise<number> {
  const { name } = folder;
  const path = [...above, name];
  const videos: File[] = [];
  const pictures: File[] = [];
  let others = 0;
  looked.push({ name, path, videos, pictures });
  for (const entry of await entriesOf(folder)) {
    if (isHidden(entry.name)) continue;
    if (entry.isDirectory) {
      others += await lookThrough(entry as FileSystemDirectoryEntry, path, looked);
    } else if (isVideo(entry.name) || isPicture(entry.name)) {
      const file = await fileOf(entry as FileSystemFileEntry);
      (isVideo(entry.name) ? videos : pictures).push(file);
    } else others += 1;
  }
  return others;
}

/** All files that were dropped; of folders, the videos in them, as files or pictures. */
export async function filesIn(dropped: DataTransfer): Promise<Found> {
  // What was dropped is gone once this returns for the first time: entries first.
  const held = [...dropped.items]
    .filter((one) => one.kind === 'file')
    .map((one) => ({ entry: one.webkitGetAsEntry?.() ?? null, file: one.getAsFile() }));
  const single: File[] = [];
  const looked: Looked[] = [];
  let others = 0;
  for (const [i, { entry, file }] of held.entries()) {
    // Two folders of one name may be dropped at once.
    if (entry?.isDirectory) {
      const folder = entry as FileSystemDirectoryEntry;
      others += await lookThrough(folder, [String(i)], looked);
    } else if (file) single.push(file);
  }
  const folders = sequencesIn(looked);
  const n_pictures = looked.reduce((sum, one) => sum + one.pictures.length, 0);
  const n_taken = folders.reduce((sum, one) => sum + one.files.length, 0);
  return {
    files: [...looked.flatMap(({ videos }) => videos), ...single],
    folders,
    passedOver: others + n_pictures - n_taken,
  };
}

async function take(dropped: DataTransfer): Promise<void> {
  const { files, folders, passedOver } = await filesIn(dropped);
  if (files.length + folders.length > 0) {
    sideSheet.value = 'videos';
    addFiles(files, folders);
  } else announce('warning', 'drop.nothing');
  if (passedOver > 0) announce('info', 'drop.passedOver', { n: passedOver });
}

const holdsFiles = (event: DragEvent) =>
  may('manage') && (event.dataTransfer?.types.includes('Files') ?? false);

/** Takes what is dropped anywhere on the page. */
export function useDrop(): void {
  useEffect(() => {
    const over = (event: DragEvent) => {
      if (!holdsFiles(event)) return;
      event.preventDefault();
      if (event.dataTransfer) event.dataTransfer.dropEffect = 'copy';
      isOverPage.value = true;
    };
    const leave = (event: DragEvent) => {
      // Going from one part of the page to another is no leaving.
      if (event.relatedTarget === null) isOverPage.value = false;
    };
    const drop = (event: DragEvent) => {
      isOverPage.value = false;
      if (!holdsFiles(event) || !event.dataTransfer) return;
      event.preventDefault();
      void take(event.dataTransfer).catch((error) =>
        announce('error', 'drop.unreadable', { why: String(error) }),
      );
    };
    const handlers = { dragenter: over, dragover: over, dragleave: leave, drop };
    for (const [name, handler] of Object.entries(handlers)) {
      addEventListener(name, handler as EventListener);
    }
    return () => {
      for (const [name, handler] of Object.entries(handlers)) {
        removeEventListener(name, handler as EventListener);
      }
    };
  }, []);
}
