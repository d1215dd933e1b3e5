/** Files and folders that are dropped onto the page, wherever that is. */

import { signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { announce } from '../state/announcements';
import { sideSheet } from '../state/ui';
import { addFiles, isVideo } from './uploads';

/** True while files are held over the page. */
export const isOverPage = signal(false);

export interface Found {
  files: File[];
  /** Files inside folders that are no videos. */
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

/** Of a folder, its videos, those of folders inside it too. */
async function inFolder(folder: FileSystemDirectoryEntry, found: Found): Promise<void> {
  for (const entry of await entriesOf(folder)) {
    if (isHidden(entry.name)) continue;
    if (entry.isDirectory) await inFolder(entry as FileSystemDirectoryEntry, found);
    else if (isVideo(entry.name)) {
      found.files.push(await fileOf(entry as FileSystemFileEntry));
    } else found.passedOver += 1;
  }
}

/** All files that were dropped; of folders, the videos in them. */
export async function filesIn(dropped: DataTransfer): Promise<Found> {
  // What was dropped is gone once this returns for the first time: entries first.
  const held = [...dropped.items]
    .filter((one) => one.kind === 'file')
    .map((one) => ({ entry: one.webkitGetAsEntry?.() ?? null, file: one.getAsFile() }));
  const found: Found = { files: [], passedOver: 0 };
  for (const { entry, file } of held) {
    if (entry?.isDirectory) await inFolder(entry as FileSystemDirectoryEntry, found);
    else if (file) found.files.push(file);
  }
  return found;
}

async function take(dropped: DataTransfer): Promise<void> {
  const { files, passedOver } = await filesIn(dropped);
  if (files.length > 0) {
    sideSheet.value = 'videos';
    addFiles(files);
  } else announce('warning', 'drop.nothing');
  if (passedOver > 0) announce('info', 'drop.passedOver', { n: passedOver });
}

const holdsFiles = (event: DragEvent) =>
  event.dataTransfer?.types.includes('Files') ?? false;

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
